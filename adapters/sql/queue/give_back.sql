-- queue.give_back
update messages m
set queue = case when r.counts and m.receive_count >= $7::integer then $8 else m.queue end,
    visible_at = sluice_now() + r.delay * interval '1 millisecond',
    receive_count = case when r.counts then m.receive_count else greatest(m.receive_count - 1, 0) end,
    instance = null,
    last_error = left(r.error, 2000)
from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::boolean[], $5::bigint[], $6::text[])
    as r (id, instance, delivery, counts, delay, error)
where m.id = any($1) and m.id = r.id and m.instance = r.instance and m.deliveries = r.delivery
