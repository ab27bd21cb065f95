-- intake.send_again: an order that still waits, or is stored, needs no second message
insert into messages (queue, subject, body)
select 'intake', s.id,
       jsonb_build_object('id', s.id, 'customer', s.customer, 'accepted_at', s.accepted_at, 'request', s.request)
from submissions s
where s.id = any($1)
  and not exists (select from orders o where o.id = s.id)
  and not exists (select from messages m where m.queue like 'intake%' and m.subject = s.id)
