-- queue.renew_leases: what its own process does not carry is let go of: the answer to receiving it was lost, or that to
-- settling it. Younger leases are left alone, since such an answer may still be on its way.
with old as (
    select m.id
    from messages m
    where m.instance = $1
      and m.visible_at < sluice_now() + ($4::bigint - $5::bigint) * interval '1 millisecond'
    for update of m skip locked
)
update messages m
set (visible_at, instance, receive_count, abandoned) = (
    select case when carried then sluice_now() + $4::bigint * interval '1 millisecond' else sluice_now() end,
           case when carried then m.instance end,
           case when carried then m.receive_count else greatest(m.receive_count, 1) - 1 end,
           case when carried then m.abandoned else least(m.abandoned, 2147483646) + 1 end
    from (select (m.id, m.deliveries) in (select * from unnest($2::bigint[], $3::integer[])) as carried offset 0) as known
)
where m.id = any(array(select id from old))
returning m.queue, m.instance is not null as "carried!"
