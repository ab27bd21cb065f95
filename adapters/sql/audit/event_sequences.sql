-- audit.event_sequences: the events of an order are numbered 1 to its version, and the first is that it was submitted
with counted as (
    select order_id, count(*) as events, count(distinct sequence) as numbers, min(sequence) as first,
           max(sequence) as last, bool_and(name = 'OrderSubmitted') filter (where sequence = 1) as opens
    from order_events where order_id between $1 and $2 group by order_id
),
wrong as (
    select coalesce(o.id, c.order_id) as order_id, o.version, coalesce(c.events, 0) as events, c.first, c.last,
           case
               when o.id is null then 'no such order'
               when c.order_id is null then 'it has no events'
               when c.events <> c.numbers then 'two events have one number'
               when c.events <> c.last::bigint - c.first + 1 or c.first <> 1 then 'an event is missing'
               when c.last <> o.version then 'its version is not that of its last event'
               else 'its first event is another'
           end as problem
    from (select id, version from orders where id between $1 and $2) o full join counted c on c.order_id = o.id
    where o.id is null or c.order_id is null or c.events <> c.numbers or c.first <> 1 or c.last <> o.version
       or c.events <> o.version or not coalesce(c.opens, false)
)
select (select coalesce(sum(events), 0)::bigint from counted) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
