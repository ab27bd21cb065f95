-- audit.paid_orders: a confirmed order is paid for, unless it is free, and every payment asks for the total of its order
with slice as (
    select * from orders where id between $1 and $2
),
paid as (
    select * from payments where order_id between $1 and $2
),
judged as (
    select o.id, o.status, o.total, o.currency, p.state, p.amount, p.currency as payment_currency,
           case
               when p.amount is distinct from o.total or p.currency is distinct from o.currency
                   then 'its payment is of another amount'
               when o.status in ('confirmed', 'shipped') and p.state <> 'authorized' and o.total <> 0 then 'it is not paid for'
               when (p.state = 'authorized') and p.authorization_id is null then 'its payment names no authorization'
           end as problem
    from paid p join slice o on o.id = p.order_id
    union all
    select o.id, o.status, o.total, o.currency, null, null, null, 'it was never paid for'
    from slice o left join paid p on p.order_id = o.id
    where p.order_id is null and o.status in ('confirmed', 'shipped') and o.total is distinct from 0
),
wrong as (
    select id as order_id, status, total, currency, state as payment, amount, payment_currency, problem
    from judged where problem is not null
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
