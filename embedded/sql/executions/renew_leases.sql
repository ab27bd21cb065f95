-- executions.renew_leases: what its own process does not carry is let go of: the answer to taking it in hand was lost.
-- Younger leases are left alone, since such an answer may still be on its way.
with old as (
    select id, id = any($2::uuid[]) as carried from executions
    where status = 'running' and instance = $1
      and coalesce(leased_until, '-infinity') < sluice_now() + ($3::bigint - $4::bigint) * interval '1 millisecond'
    order by id
    for update skip locked
)
update executions e
set leased_until = case when carried then sluice_now() + $3::bigint * interval '1 millisecond' end,
    instance = case when carried then e.instance end,
    wake_at = case when carried then e.wake_at else sluice_now() end
from old where e.id = old.id and e.id = any(array(select id from old))
returning e.id, carried as "carried!"
