-- executions.renew_leases: what its own process does not carry is let go of: the answer to taking it in hand was lost.
-- Younger leases are left alone, since such an answer may still be on its way.
with old as (
    select id from executions
    where status = 'running' and instance = $1
      and coalesce(leased_until, '-infinity') < sluice_now() + ($3::bigint - $4::bigint) * interval '1 millisecond'
    for update skip locked
)
update executions e
set (leased_until, instance, wake_at) = (
    select case when carried then sluice_now() + $3::bigint * interval '1 millisecond' end,
           case when carried then e.instance end,
           case when carried then e.wake_at else sluice_now() end
    from (select e.id = any($2::uuid[]) as carried offset 0) as known
)
where e.id = any(array(select id from old))
returning e.id, e.instance is not null as "carried!"
