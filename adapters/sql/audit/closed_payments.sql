-- audit.closed_payments: the ledger says of every refused or cancelled order that no money is held
with closed as (
    select id, status, updated_at from orders where id between $1 and $2 and status in ('rejected', 'cancelled')
),
held as (
    select o.id, o.status, o.updated_at, p.state, p.amount, p.currency
    from closed o
    join (select * from payments where order_id between $1 and $2) p on p.order_id = o.id
    where p.state in ('pending', 'authorized')
),
told as (
    select distinct subject from messages where queue in ('void', 'void-dlq') and subject between $1 and $2
),
kept as (
    select h.*, told.subject is not null or h.updated_at >= $3::timestamptz as waits
    from held h left join told on told.subject = h.id
),
wrong as (
    select id as order_id, status, state as payment, amount, currency, updated_at from kept where not waits
)
select (select count(*) from closed) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from kept where waits) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
