-- audit.waits: what is due later than anything is made to wait was written before the clock was set back, and hangs
with judged as (
    select e.id as execution_id, null::bigint as message_id, null::text as queue, e.wake_at as due_at,
           e.wake_at > sluice_now() + $1::bigint * interval '1 millisecond' as is_put_off
    from executions e where e.status = 'running' and e.instance is null
    union all
    select e.id, null, null, e.leased_until, e.leased_until > sluice_now() + $2::bigint * interval '1 millisecond'
    from executions e where e.status = 'running' and e.instance is not null
    union all
    select null, m.id, m.queue, m.visible_at,
           m.visible_at > sluice_now() + case when m.instance is null then $1 else $2 end * interval '1 millisecond'
    from messages m where m.queue not like '%-dlq'
),
put_off as (
    select execution_id, message_id, queue, due_at, 'it is due later than anything is made to wait' as problem
    from judged where is_put_off
)
select (select count(*) from judged) as "checked!",
       (select count(*) from put_off) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(example))), '[]')
        from (select * from put_off order by execution_id, message_id limit 20) as example) as "examples!: Examples"
