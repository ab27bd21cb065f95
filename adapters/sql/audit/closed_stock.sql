-- audit.closed_stock: a closed order says rightly whether it had held stock
-- What it held went back: stock_reservations adds up the others. Its last word decides whether its money is looked for.
with told as (
    select order_id,
           bool_or(name = 'OrderReserved') as was_reserved,
           -- What is neither of the two says nothing.
           bool_and(case data ->> 'reserved' when 'true' then true when 'false' then false end)
               filter (where name in ('OrderRejected', 'OrderCancelled')) as says
    from order_events
    where order_id between $1 and $2 and name in ('OrderReserved', 'OrderRejected', 'OrderCancelled')
    group by order_id
),
closed as (
    select * from orders where id between $1 and $2 and status in ('rejected', 'cancelled')
),
wrong as (
    select o.id as order_id, o.status, o.reason, coalesce(t.was_reserved, false) as was_reserved, t.says,
           case
               when t.says is distinct from coalesce(t.was_reserved, false)
                   then 'its last event is wrong about its stock'
               else 'it never held stock, but a line names a warehouse'
           end as problem
    from closed o left join told t on t.order_id = o.id
    where t.says is distinct from coalesce(t.was_reserved, false)
       or (not coalesce(t.was_reserved, false) and o.lines @? '$[*].warehouse')
)
select (select count(*) from closed) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
