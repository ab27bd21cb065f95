-- audit.accepted_orders: an accepted order is stored, or is still on its way in
with told as (
    select distinct subject from messages where queue in ('intake', 'intake-dlq')
),
unstored as (
    select s.id, s.accepted_at, told.subject is not null as waits
    from submissions s
    left join orders o on o.id = s.id
    left join told on told.subject = s.id
    where o.id is null
),
lost as (
    select id as order_id, accepted_at from unstored where not waits
)
select (select count(*) from submissions) as "checked!",
       (select count(*) from lost) as "violations!",
       (select count(*) from unstored where waits) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from lost order by order_id limit 20) as example) as "examples!: Examples"
