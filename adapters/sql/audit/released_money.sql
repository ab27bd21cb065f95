-- audit.released_money: the provider holds nothing for an order that was refused or cancelled
-- What was set aside lets nothing go until somebody redrives it. The books were read after the snapshot was taken: what
-- the snapshot calls voided was let go before it says so.
with books as (
    select *
    from unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::boolean[])
        as b (key, id, reference, amount, currency, holds_money)
    where holds_money
),
kept as (
    select o.id, o.status, o.updated_at, p.state, b.id as authorization_id, b.amount, b.currency
    from books b
    join (select order_id, key, state from payments where order_id between $1 and $2) p on p.key = b.key
    join (select id, status, updated_at from orders where id between $1 and $2) o on o.id = p.order_id
),
closed as (
    select id from kept where status in ('rejected', 'cancelled')
),
told as (
    select c.id, bool_or(m.queue = $11) as on_its_way from closed c
    join (select subject, queue from messages where queue = any($10::text[]) and subject between $1 and $2) m
        on m.subject = c.id
    group by c.id
),
held as (
    select k.*, k.status in ('rejected', 'cancelled') as closed,
           case
               when k.state in ('declined', 'voided') then 'the ledger says that nothing is held'
               when k.status not in ('rejected', 'cancelled') or told.on_its_way then null
               when told.id is not null then 'what would let it go was set aside'
               when k.updated_at < $3::timestamptz then 'nobody is about to let it go'
           end as problem
    from kept k left join told on told.id = k.id
),
wrong as (
    select id as order_id, status, state as payment, authorization_id, amount, currency, problem
    from held where problem is not null
)
select (select count(*) from held) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from held where closed and problem is null) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
