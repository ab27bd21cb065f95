-- audit.accepted_orders: an accepted order is stored, or is still on its way in
with accepted as (
    select id, accepted_at from submissions where id between $1 and $2
),
unstored as (
    select a.id, a.accepted_at
    from accepted a left join (select id from orders where id between $1 and $2) o on o.id = a.id
    where o.id is null
),
told as (
    select distinct subject from messages where queue = any($3::text[]) and subject between $1 and $2
),
judged as (
    select u.id, u.accepted_at, told.subject is not null as waits
    from unstored u left join told on told.subject = u.id
),
lost as (
    select id as order_id, accepted_at from judged where not waits
)
select (select count(*) from accepted) as "checked!",
       (select count(*) from lost) as "violations!",
       (select count(*) from judged where waits) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from lost order by order_id limit 20) as example) as "examples!: Examples"
