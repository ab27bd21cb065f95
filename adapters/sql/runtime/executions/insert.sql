-- executions.insert: one that failed begins anew, but for one that has no further attempt: it would fail all the others
with started as (
    insert into executions as e (id, workflow, status, state, wake_at, started_at)
    select id, $1, 'running', state, sluice_now(), sluice_now()
    from unnest($2::uuid[], $3::jsonb[]) as s (id, state)
    order by id
    on conflict (id) do update
    set status = 'running', state = excluded.state, version = e.version % 1073741824 + 1, attempt = e.attempt + 1,
        wake_at = excluded.wake_at, instance = null, leased_until = null, output = null, error = null, cause = null,
        stopped_at = null
    where e.status = 'failed' and e.attempt < 2147483647
    returning id, attempt
)
insert into execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input)
select v.id, s.attempt, v.number, v.state, v.entered_at, v.left_at, v.input
from unnest($4::uuid[], $5::integer[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::jsonb[])
    as v (id, number, state, entered_at, left_at, input)
join started s on s.id = v.id
