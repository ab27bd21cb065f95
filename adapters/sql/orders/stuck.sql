-- orders.stuck: nobody cares for these any more; what a message or an execution still stands for is not among them
(select o.id, 'unattended' as what
 from orders o
 where o.status = 'reserved' and o.updated_at < $1 and o.cancel_requested_at is null
   and not exists (select from executions e where e.id = o.id and e.status = 'running')
 limit $2)
union all
(select o.id, 'cancel_forgotten'
 from orders o
 where o.cancel_requested_at < $1 and o.status in ('reserved', 'in_review', 'confirmed')
   and not exists (select from messages m where m.subject = o.id and m.queue like 'cancel%')
 limit $2)
union all
(select o.id, 'uninvoiced'
 from orders o
 where o.status = 'confirmed' and not o.invoiced and o.updated_at < $1
   and not exists (select from messages m where m.subject = o.id and m.queue like 'invoice%')
 limit $2)
union all
(select o.id, 'unvoided'
 from orders o join payments p on p.order_id = o.id
 where o.status in ('rejected', 'cancelled') and o.updated_at < $1 and o.updated_at > $1 - interval '7 days'
   and p.state in ('pending', 'authorized')
   and not exists (select from messages m where m.subject = o.id and m.queue like 'void%')
 limit $2)
union all
(select o.id, 'untold'
 from orders o
 where o.status in ('rejected', 'cancelled') and o.updated_at < $1 and o.updated_at > $1 - interval '7 days'
   and not exists (select from order_search s where s.order_id = o.id and s.status = o.status)
   and not exists (select from messages m where m.subject = o.id and m.queue like 'index%')
 limit $2)
