-- audit.book_entries: what the provider has in its books was asked for by exactly one order
-- The books were read before the snapshot was taken, and the intent is stored before the call: so the ledger knows each.
with books as (
    select *
    from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::boolean[])
        with ordinality as b (key, id, reference, amount, currency, holds_money, place)
),
counted as (
    select *, count(*) filter (where holds_money) over (partition by reference) as held_for_order,
           count(*) over (partition by id) as same_id
    from books
),
matched as (
    select b.place, count(p.key) as payments,
           bool_and(p.order_id::text = b.reference and p.amount = b.amount and p.currency = b.currency) as agrees
    from books b left join payments p on p.key = b.key
    group by b.place
),
wrong as (
    select reference as order_id, key, id as authorization_id, amount, currency, holds_money,
           case
               when payments = 0 then 'no order asked for it'
               when payments > 1 then 'several orders asked under its key'
               when not agrees then 'the ledger has another order, amount or currency'
               when same_id > 1 then 'its id stands in the books twice'
               else 'money is held for its order twice'
           end as problem
    from counted join matched using (place)
    where payments <> 1 or not agrees or same_id > 1 or (holds_money and held_for_order > 1)
)
select (select count(*) from books) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by key limit 20) as example) as "examples!: Examples"
