-- invoices.unasked: what a message stands for already, on its way or set aside, is asked for once. Where queues are a service,
-- only table sweeps says that it was. Later than in that time none is put off, so such a time is of before the clock was set back.
select o.id as "id!"
from unnest($1::uuid[]) as o (id)
-- The queue is read once, and not for each of them.
where o.id <> all(array(
    select m.subject from messages m where m.queue = any($2::text[]) and m.subject = any($1)
  ))
  and not exists (
      select from sweeps s
      where s.order_id = o.id and s.what = 'unmended'
        and s.next_at between sluice_now() and sluice_now() + $3::bigint * interval '1 millisecond'
  )
