-- audit.waiting_messages: what a message waits for comes back soon, or somebody has to look
-- Those that nobody tried yet are a backlog, and what is about an order that still waits to be stored is part of it.
with tried as (
    select m.id, m.queue, m.subject as order_id, m.sent_at, m.last_error,
           m.sent_at < $1::timestamptz and not exists (
               select from messages i where i.queue in ('intake', 'intake-bulk') and i.subject = m.subject and i.id <> m.id
           ) as is_late
    from messages m
    where m.last_error is not null and m.queue not like '%-dlq'
),
wrong as (
    select order_id, queue, id as message, sent_at, last_error as error, 'it is tried again and again' as problem
    from tried where is_late
)
select (select count(*) from messages where queue not like '%-dlq') as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from tried where not is_late) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sent_at limit 20) as example) as "examples!: Examples"
