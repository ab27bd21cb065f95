-- audit.held_authorizations: what the ledger calls authorized is held by the provider
-- The books were read after the snapshot was taken, so money of an order that was closed since may be gone from them:
-- the suspects ($9) are judged once more in a snapshot taken after the books. An order stays closed for good, and a
-- payment voided; so what is open and authorized both before and after was so in between, when nobody may let it go.
with books as (
    select * from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::boolean[])
        as b (key, id, reference, amount, currency, holds_money)
),
authorized as (
    select p.order_id, p.key, p.authorization_id, p.amount, p.currency, o.status,
           case
               when b.key is null then 'the provider does not know it'
               when b.id is distinct from p.authorization_id then 'the provider has it under another id'
               when b.amount <> p.amount or b.currency <> p.currency then 'the provider has another amount'
               -- A closed order's money may have been let go already; that the ledger says so is another line's matter.
               when not b.holds_money and o.status not in ('rejected', 'cancelled')
                   then 'the provider does not hold it'
           end as problem,
           -- A payment that is given up is voided first, and the execution that does so goes on to write it down.
           b.id = p.authorization_id and not b.holds_money and o.status = 'reserved' and e.id is not null as given_up
    from (select * from payments where order_id between $1 and $2 and state = 'authorized') p
    join (select id, status from orders where id between $1 and $2) o on o.id = p.order_id
    left join books b on b.key = p.key
    left join (select id from executions where id between $1 and $2 and status = 'running') e on e.id = p.order_id
    where $9::uuid[] is null or p.order_id = any($9)
),
missing as (
    select order_id, status, key, authorization_id, amount, currency, problem
    from authorized where problem is not null and given_up is not true
)
select (select count(*) from authorized) as "checked!",
       (select count(*) from missing) as "violations!",
       (select count(*) from authorized where given_up) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from missing order by order_id limit 20) as example) as "examples!: Examples",
       (select coalesce(array_agg(order_id), '{}') from missing) as "suspects!"
