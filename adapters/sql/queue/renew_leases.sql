-- queue.renew_leases: what its own process does not carry is let go of: the answer to receiving it was lost, or that to
-- settling it. Younger leases are left alone, since such an answer may still be on its way.
with old as (
    select m.id, c.id is not null as carried
    from messages m
    left join unnest($2::bigint[], $3::integer[]) as c (id, delivery) on c.id = m.id and c.delivery = m.deliveries
    where m.instance = $1
      and m.visible_at < sluice_now() + ($4::bigint - $5::bigint) * interval '1 millisecond'
    order by m.id
    for update of m skip locked
)
update messages m
set visible_at = case
        when carried then sluice_now() + $4::bigint * interval '1 millisecond' else sluice_now()
    end,
    instance = case when carried then m.instance end,
    receive_count = case when carried then m.receive_count else greatest(m.receive_count - 1, 0) end,
    abandoned = case when carried then m.abandoned else m.abandoned + 1 end
from old where m.id = old.id and m.id = any(array(select id from old))
returning m.queue, carried as "carried!"
