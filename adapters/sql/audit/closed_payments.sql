-- audit.closed_payments: the ledger says of every refused or cancelled order that no money is held
-- What a message is about to let go waits for it; one that was set aside lets nothing go until somebody redrives it.
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
    select subject, bool_or(queue = $5) as on_its_way
    from messages where queue = any($4::text[]) and subject between $1 and $2 group by subject
),
kept as (
    select h.*,
           case
               when told.on_its_way then null
               when told.subject is not null then 'what would let it go was set aside'
               when h.updated_at < $3::timestamptz then 'nobody is about to let it go'
           end as problem
    from held h left join told on told.subject = h.id
),
wrong as (
    select id as order_id, status, state as payment, amount, currency, updated_at, problem
    from kept where problem is not null
)
select (select count(*) from closed) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from kept where problem is null) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
