-- executions.hasten: what is due later than anything is made to wait was written before the clock was set back. It is due
-- now; what is in hand has a lease from now on, which its carrier renews
with waiting as (
    select id from executions
    where status = 'running' and instance is null and wake_at > sluice_now() + $1::bigint * interval '1 millisecond'
    order by wake_at desc
    limit $4
    for update skip locked
),
in_hand as (
    select id from executions
    where status = 'running' and instance is not null
      and leased_until > sluice_now() + $2::bigint * interval '1 millisecond'
    limit $4
    for update skip locked
)
update executions e
set wake_at = case when e.instance is null then sluice_now() else e.wake_at end,
    leased_until = case when e.instance is not null then sluice_now() + $3::bigint * interval '1 millisecond' end
where e.id = any(array(select id from waiting union all select id from in_hand))
