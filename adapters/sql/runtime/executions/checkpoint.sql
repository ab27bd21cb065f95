-- executions.checkpoint: a visit that goes on is written again when it ends; what goes on is leased anew. Of that wake_at
-- stays since when it is in hand: it is indexed, and a change would cost an entry more.
with moved as (
    update executions e
    set state = c.state, status = c.status, version = e.version + 1,
        wake_at = case
            when c.status = 'running' and c.wait is null then e.wake_at
            else sluice_now() + c.wait * interval '1 millisecond'
        end,
        instance = case when c.status = 'running' and c.wait is null then e.instance end,
        leased_until = case
            when c.status = 'running' and c.wait is null then sluice_now() + $19::bigint * interval '1 millisecond'
        end,
        output = c.output, error = c.error, cause = c.cause,
        stopped_at = case when c.status <> 'running' then sluice_now() end
    from unnest($1::uuid[], $2::bigint[], $3::integer[], $4::jsonb[], $5::text[], $6::bigint[], $7::jsonb[],
                $8::text[], $9::text[])
        as c (id, instance, version, state, status, wait, output, error, cause)
    where e.id = any($1) and e.id = c.id and e.instance = c.instance and e.version = c.version
    returning e.id, e.attempt
),
logged as (
    insert into execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error,
                                   cause)
    select v.id, m.attempt, v.number, v.state, v.entered_at, v.left_at, v.input, v.output, v.error, v.cause
    from unnest($10::uuid[], $11::integer[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::jsonb[],
                $16::jsonb[], $17::text[], $18::text[])
        as v (id, number, state, entered_at, left_at, input, output, error, cause)
    join moved m on m.id = v.id
    on conflict (execution_id, attempt, sequence) do update
    set left_at = excluded.left_at, output = excluded.output, error = excluded.error, cause = excluded.cause
)
select id from moved
