-- audit.book_entries: what the provider has in its books was asked for by exactly one order
-- The books were read before the snapshot was taken, and the intent is stored before the call: the ledger knows each.
with books as (
    select *
    from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::boolean[])
        as b (key, id, reference, amount, currency, holds_money)
),
-- By order where an entry is where its key belongs, and by key where it is not.
ledger as (
    select order_id, key, amount, currency from payments where order_id between $1 and $2
    union
    select order_id, key, amount, currency from payments where key = any($3)
),
shared_keys as (
    select key from ledger group by key having count(*) > 1
),
-- Of which one may have its entry in another slice.
several as (
    select order_id from ledger group by order_id having count(*) > 1
),
shared_ids as (
    select id from books group by id having count(*) > 1
),
held_twice as (
    select reference from books where holds_money group by reference having count(*) > 1
),
judged as (
    select b.*,
           case
               when p.key is null then 'no order asked for it'
               when k.key is not null then 'several orders asked under its key'
               when p.order_id::text <> b.reference or p.amount <> b.amount or p.currency <> b.currency
                   then 'the ledger has another order, amount or currency'
               when s.order_id is not null then 'its order asked for money twice'
               when i.id is not null then 'its id stands in the books twice'
               when h.reference is not null then 'money is held for its order twice'
           end as problem
    from books b
    left join ledger p on p.key = b.key
    left join shared_keys k on k.key = b.key
    left join several s on s.order_id = p.order_id
    left join shared_ids i on i.id = b.id
    left join held_twice h on h.reference = b.reference and b.holds_money
),
wrong as (
    -- An entry whose key is shared comes with each of its payments.
    select distinct reference as order_id, key, id as authorization_id, amount, currency, holds_money, problem
    from judged where problem is not null
)
select (select count(*) from books) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by key limit 20) as example) as "examples!: Examples"
