-- queue.give_back
update messages m
set queue = case when exhausted then $7 else m.queue end,
    visible_at = now() + r.delay * interval '1 millisecond',
    receive_count = case when r.counts then m.receive_count else m.receive_count - 1 end,
    instance = null,
    last_error = left(r.error, 2000)
from unnest($1::bigint[], $2::integer[], $3::boolean[], $4::bigint[], $5::text[])
    as r (id, receive_count, counts, delay, error),
    lateral (select r.counts and r.receive_count >= $6::integer as exhausted) as judged
where m.id = r.id and m.receive_count = r.receive_count
