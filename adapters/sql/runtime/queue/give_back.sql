-- queue.give_back: nothing is joined, since a table that is empty one moment and full the next has no plan for it
update messages m
set (queue, visible_at, receive_count, instance, last_error) = (
    select case when r.counts and m.receive_count >= $7::integer then $8 else m.queue end,
           sluice_now() + r.delay * interval '1 millisecond',
           case when r.counts then m.receive_count else greatest(m.receive_count, 1) - 1 end,
           null::bigint,
           left(r.error, 2000)
    from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::boolean[], $5::bigint[], $6::text[])
        as r (id, instance, delivery, counts, delay, error)
    where r.id = m.id and r.instance = m.instance and r.delivery = m.deliveries
    limit 1
)
where m.id = any($1)
  and ((m.id, m.instance, m.deliveries) in (select * from unnest($1::bigint[], $2::bigint[], $3::integer[]))) is true
