-- audit.order_effects: each thing happened to an order once, and its status is what its events say
with told as (
    select order_id,
           count(*) filter (where name = 'OrderSubmitted') as submitted,
           count(*) filter (where name = 'OrderReserved') as reserved,
           count(*) filter (where name = 'OrderRejected') as rejected,
           count(*) filter (where name = 'PaymentAuthorized') as authorized,
           count(*) filter (where name = 'OrderConfirmed') as confirmed,
           count(*) filter (where name = 'OrderCancelled') as cancelled,
           count(*) filter (where name = 'OrderShipped') as shipped,
           count(*) filter (where name = 'InvoiceIssued') as invoiced,
           min(data ->> 'reason') filter (where name = 'OrderRejected') as reason
    from order_events where order_id between $1 and $2 group by order_id
),
judged as (
    select o.id, o.status, o.reason, p.state, t.*,
           case
               when greatest(t.submitted, t.reserved, t.rejected, t.authorized, t.confirmed, t.cancelled, t.shipped,
                             t.invoiced) > 1
                   then 'something happened to it twice'
               when (o.status = 'rejected') <> (t.rejected = 1) or (o.status = 'cancelled') <> (t.cancelled = 1)
                    or (o.status in ('confirmed', 'shipped', 'refunded') and t.confirmed = 0)
                    or (o.status in ('reserved', 'in_review', 'rejected') and t.confirmed = 1)
                    or (o.status <> 'rejected' and t.reserved = 0)
                    or (o.status = 'shipped' and t.shipped = 0)
                   then 'its status is not what its events say'
               when t.reason is distinct from o.reason then 'its reason is not what its event says'
               when (t.confirmed = 1 and t.authorized = 0 and o.total is distinct from 0)
                    or (coalesce(p.state, 'none') <> 'voided'
                        and (coalesce(p.state, 'none') = 'authorized') <> (t.authorized = 1))
                   then 'its payment is not what its events say'
               -- Only a provider that gave no answer in time may hold money of an order that was given up for that.
               when t.rejected = 1 and t.authorized = 1 and t.reason is distinct from 'payment_unavailable'
                   then 'it was refused although its money was held'
               when o.invoiced <> (t.invoiced = 1) then 'its invoice is not what its events say'
           end as problem
    from (select * from orders where id between $1 and $2) o
    join told t on t.order_id = o.id
    left join (select order_id, state from payments where order_id between $1 and $2) p on p.order_id = o.id
),
wrong as (
    select id as order_id, status, state as payment, submitted, reserved, rejected, authorized, confirmed, cancelled,
           shipped, invoiced, problem
    from judged where problem is not null
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
