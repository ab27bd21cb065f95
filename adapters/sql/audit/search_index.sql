-- audit.search_index: search shows every order as it is, and nothing else
-- Not every event is told to the index: what it shows must be as new as the last one of those ($4) that are.
with latest as (
    select order_id, max(sequence) as sequence from order_events where order_id between $1 and $2 and name = any($4::text[]) group by order_id
),
judged as (
    select coalesce(o.id, s.order_id) as id, o.status, s.status as shown, o.version, s.version as shown_version,
           o.updated_at,
           case
               when o.id is null then 'there is no such order'
               when s.order_id is null then 'it is not shown'
               when s.status <> o.status then 'it is shown in another status'
               when s.version < l.sequence or s.version > o.version then 'it is shown in another version'
               -- Words are folded outside the database, and so compared there: $5 are those found by others.
               when o.id = any($5::uuid[]) then 'it is found by other words'
           end as problem
    from (select * from orders where id between $1 and $2) o
    full join (select * from order_search where order_id between $1 and $2) s on s.order_id = o.id
    left join latest l on l.order_id = o.id
),
found as (
    select * from judged where problem is not null
),
told as (
    -- The steps behind these queues tell the index, or are the index.
    select distinct subject from messages
    where queue = any($6::text[])
      and subject between $1 and $2
),
excused as (
    select j.*, j.status is not null
                and (told.subject is not null or e.id is not null or j.updated_at >= $3::timestamptz) as waits
    from found j
    left join told on told.subject = j.id
    left join (select id from executions where id between $1 and $2 and status = 'running') e on e.id = j.id
),
wrong as (
    select id as order_id, status, shown, version, shown_version, problem from excused where not waits
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from excused where waits) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
