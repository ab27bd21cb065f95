-- audit.released_money: the provider holds nothing for an order that was refused or cancelled
-- The books were read after the snapshot was taken: what the snapshot calls voided was let go before it says so.
with books as (
    select *
    from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::boolean[])
        as b (key, id, reference, amount, currency, holds_money)
    where holds_money
),
told as (
    select distinct subject from messages where queue in ('void', 'void-dlq')
),
held as (
    select o.id, o.status, p.state, b.id as authorization_id, b.amount, b.currency,
           o.status in ('rejected', 'cancelled') as closed,
           case
               when p.state in ('declined', 'voided') then 'the ledger says that nothing is held'
               when o.status in ('rejected', 'cancelled') and told.subject is null and o.updated_at < $7::timestamptz
                   then 'nobody is about to let it go'
           end as problem
    from books b
    join payments p on p.key = b.key
    join orders o on o.id = p.order_id
    left join told on told.subject = o.id
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
