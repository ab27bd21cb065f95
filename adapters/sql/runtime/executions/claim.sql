-- executions.claim: those due longest come first, whether they begin or go on. A floor ahead of the clock is of before that
-- was set back. While one is in hand wake_at says since when, for the audit: a lease may be renewed for ever.
-- No number or moment that a column can hold makes it fail. Versions begin anew long before the last number, so that whoever
-- has one in hand may count on.
with due as (
    select id, wake_at from executions
    where status = 'running' and instance is null and wake_at <= sluice_now()
      and wake_at >= case when $4::timestamptz <= sluice_now() then $4 else '-infinity' end
    order by wake_at
    limit $2
    for update skip locked
)
update executions e
set instance = $1, leased_until = sluice_now() + $3::bigint * interval '1 millisecond', wake_at = sluice_now(),
    version = e.version % 1073741824 + 1
where e.id = any(array(select id from due))
returning e.id, e.version, e.state::text as "state!", greatest((select max(wake_at) from due), 'epoch') as "last_due_at!"
