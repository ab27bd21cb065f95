-- audit.warehouse_notices: each warehouse was told of its part of an order once, in sequence, and of nothing else
-- It hears of an order from the confirmation on; of one that was cancelled before that, never.
with slice as (
    select * from orders where id between $1 and $2
),
happened as (
    select order_id, sequence, name from order_events
    where order_id between $1 and $2 and name in ('OrderConfirmed', 'OrderCancelled')
),
confirmed as (
    select order_id, min(sequence) as sequence from happened where name = 'OrderConfirmed' group by order_id
),
facts as (
    select e.order_id, e.sequence, e.name
    from happened e join confirmed c on c.order_id = e.order_id and c.sequence <= e.sequence
),
parts as (
    select o.id as order_id, line ->> 'warehouse' as warehouse,
           jsonb_agg(jsonb_build_object('sku', line -> 'sku', 'quantity', line -> 'quantity') order by ordinal) as lines
    from confirmed c
    join slice o on o.id = c.order_id
    cross join lateral jsonb_array_elements(case jsonb_typeof(o.lines) when 'array' then o.lines else '[]' end)
        with ordinality as l (line, ordinal)
    where line ->> 'warehouse' is not null
    group by o.id, line ->> 'warehouse'
),
due as (
    select f.order_id, p.warehouse, f.sequence, f.name, p.lines,
           case when f.name = 'OrderConfirmed' then o.shipping_address end as ship_to
    from facts f
    join parts p on p.order_id = f.order_id
    join slice o on o.id = f.order_id
),
in_turn as (
    select order_id, warehouse, sequence, position, event,
           max(sequence) over (partition by order_id, warehouse order by position) as highest
    from warehouse_feed where order_id between $1 and $2
),
told as (
    select order_id, warehouse, sequence, count(*) as times, bool_or(sequence < highest) as late,
           min(event ->> 'type') as type, min(event ->> 'subject') as subject, min(event ->> 'sequence') as number,
           (array_agg(event #> '{data,lines}'))[1] as lines, (array_agg(event #> '{data,ship_to}'))[1] as ship_to
    from in_turn group by order_id, warehouse, sequence
),
judged as (
    select order_id, warehouse, sequence, d.name, t.type as told,
           case
               when d.order_id is null then 'it was told of something that does not concern it'
               when t.order_id is null then 'it was not told'
               when t.times > 1 then 'it was told twice'
               when t.late then 'it was told after what happened later'
               when t.type is distinct from 'sluice.' || d.name || '.v1' or t.subject is distinct from d.order_id::text
                    or t.number is distinct from d.sequence::text
                    -- A later release may tell more, and store more, than this one knows.
                    or t.lines is distinct from d.lines and d.lines is distinct from (
                        select jsonb_agg(jsonb_build_object('sku', line -> 'sku', 'quantity', line -> 'quantity') order by ordinal)
                        from jsonb_array_elements(case jsonb_typeof(t.lines) when 'array' then t.lines else '[]' end)
                            with ordinality as l (line, ordinal))
                    or t.ship_to is distinct from d.ship_to and exists (
                        select from unnest('{name,line1,line2,city,postal_code,country}'::text[]) as known (member)
                        where t.ship_to -> member is distinct from d.ship_to -> member)
                   then 'it was told something else'
           end as problem
    from due d full join told t using (order_id, warehouse, sequence)
),
found as (
    select * from judged where problem is not null
),
-- The steps behind these queues tell the warehouses, or have them told.
queued as (
    select distinct subject from messages
    where queue = any($4::text[]) and subject between $1 and $2
),
excused as (
    select j.*, j.problem = 'it was not told'
                and (q.subject is not null or e.id is not null or o.updated_at >= $3::timestamptz) as waits
    from found j
    left join slice o on o.id = j.order_id
    left join queued q on q.subject = j.order_id
    left join (select id from executions where id between $1 and $2 and status = 'running') e on e.id = j.order_id
),
wrong as (
    select order_id, warehouse, sequence, name, told, problem from excused where not waits
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from excused where waits) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id, warehouse, sequence limit 20) as example) as "examples!: Examples"
