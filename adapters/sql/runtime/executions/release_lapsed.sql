-- executions.release_lapsed: whose lease has ended is due at once, whoever had it; so is what release 0.1.0 let
-- go of, which says no time
with lapsed as (
    select id from executions
    where status = 'running' and instance is not null and leased_until <= sluice_now()
    for update skip locked
),
timeless as (
    select id from executions
    where status = 'running' and instance is null and wake_at is null
    for update skip locked
)
update executions e
set instance = null, leased_until = null, wake_at = sluice_now()
where e.id = any(array(select id from lapsed union all select id from timeless))
