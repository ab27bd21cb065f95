-- audit.waiting_messages: what a message waits for comes back soon, or somebody has to look
-- Those that nobody tried yet are a backlog, and what is about an order that still waits to be stored is part of it. But
-- no backlog is as old as that: whoever should take such a one in hand does not, whether or not the queue moves.
with judged as (
    select m.id as message, m.queue, m.subject as order_id, m.sent_at, m.visible_at as due_at, m.last_error as error,
           case
               when m.instance is null and m.visible_at < $1::timestamptz and m.queue <> all($2::text[])
                   then 'nobody reads that queue'
               when m.instance is null and m.visible_at < sluice_now() - $3::bigint * interval '1 millisecond'
                   then 'it is due, and nobody takes it in hand'
               when m.last_error is not null and m.sent_at < $1 and not exists (
                   select from messages i
                   where i.queue = any($4::text[]) and i.subject = m.subject and i.id <> m.id
               ) then 'it is tried again and again'
           end as problem
    from messages m
    where m.queue not like '%-dlq'
),
wrong as (
    select order_id, queue, message, sent_at, due_at, error, problem from judged where problem is not null
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from judged where problem is null and error is not null) as "waiting?",
       (select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(example))), '[]')
        from (select * from wrong order by sent_at limit 20) as example) as "examples!: Examples"
