-- audit.closed_payments: the ledger says of every refused or cancelled order that no money is held
with told as (
    select distinct subject from messages where queue in ('void', 'void-dlq')
),
kept as (
    select o.id, o.status, o.updated_at, p.state, p.amount, p.currency,
           told.subject is not null or o.updated_at >= $1::timestamptz as waits
    from orders o
    join payments p on p.order_id = o.id
    left join told on told.subject = o.id
    where o.status in ('rejected', 'cancelled') and p.state in ('pending', 'authorized')
),
wrong as (
    select id as order_id, status, state as payment, amount, currency, updated_at from kept where not waits
)
select (select count(*) from orders where status in ('rejected', 'cancelled')) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from kept where waits) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
