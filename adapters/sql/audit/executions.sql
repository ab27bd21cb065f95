-- audit.executions: an order that got its stock has one execution, an order that was refused at once has none
-- A cancellation or the end of its time can reach a reserved order before its execution was started; then none is due.
with reserved as (
    select distinct order_id from order_events where name = 'OrderReserved'
),
told as (
    select distinct subject from messages where queue in ('intake', 'intake-dlq')
),
started as (
    select id, count(*) as executions, min(status) as execution from executions group by id
),
judged as (
    select coalesce(o.id, e.id) as id, o.status, o.reason, coalesce(e.executions, 0) as executions, e.execution,
           told.subject is not null or o.updated_at >= $1::timestamptz or o.cancel_requested_at is not null as waits,
           case
               when o.id is null then 'there is no such order'
               when e.executions > 1 then 'it has several executions'
               when r.order_id is null and e.id is not null then 'it never held stock and has an execution'
               when r.order_id is not null and e.id is null
                    and (p.order_id is not null
                         or not (o.status = 'cancelled' or coalesce(o.reason, '') = 'reservation_expired'))
                   then 'it has no execution'
           end as problem
    from orders o
    full join started e on e.id = o.id
    left join reserved r on r.order_id = o.id
    left join payments p on p.order_id = o.id
    left join told on told.subject = o.id
),
due as (
    select *, problem = 'it has no execution' and status = 'reserved' and waits as starting from judged
    where problem is not null
),
wrong as (
    select id as order_id, status, reason, executions, execution, problem from due where not starting
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from due where starting) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
