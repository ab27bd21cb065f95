-- audit.leases: an execution or a message that somebody has in hand moves, or its lease ends and another takes it up
-- A process that lives renews the lease of what hangs in its hand too, and one of release 0.1.0 has none. So
-- an execution is told by when it was taken in hand, which is its wake_at, and when it last left a state: no task of a
-- workflow may take minutes. A message needs no such rule: a step that does not end in its time has failed, which the
-- message says.
with judged as (
    select e.id as execution_id, null::bigint as message_id, null::text as queue, e.instance,
           case
               when e.instance is null and coalesce(e.wake_at, e.started_at) < $1::timestamptz
                   then 'it is due, and nobody takes it in hand'
               when e.leased_until < $1 and e.instance is not null then 'its lease ended, and nobody takes it up'
               when e.instance is not null and greatest(e.started_at, e.wake_at) < $1
                    and coalesce((select max(h.left_at) from execution_history h where h.execution_id = e.id),
                                 '-infinity') < $1
                   then 'whoever has it in hand does not move it'
           end as problem
    from (
        -- Each by its index: of those that ended there are many.
        select * from executions where status = 'running' and instance is null
        union all
        select * from executions where status = 'running' and instance is not null
    ) as e
    union all
    select null, m.id, m.queue, m.instance,
           case when m.visible_at < $1 then 'its lease ended, and nobody takes it up' end
    from messages m
    where m.instance is not null
),
left_lying as (
    select * from judged where problem is not null
)
select (select count(*) from judged) as "checked!",
       (select count(*) from left_lying) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(example))), '[]')
        from (select * from left_lying order by execution_id, message_id limit 20) as example) as "examples!: Examples"
