-- audit.executions: an order that got its stock has one execution, an order that was refused at once has none
-- A cancellation or the end of its time can reach a reserved order before its execution was started; then none is due.
with reserved as (
    select distinct order_id from order_events where order_id between $1 and $2 and name = 'OrderReserved'
),
started as (
    select id, count(*) as executions, min(status) as execution from executions where id between $1 and $2 group by id
),
judged as (
    select coalesce(o.id, e.id) as id, o.status, o.reason, coalesce(e.executions, 0) as executions, e.execution,
           o.updated_at >= $3::timestamptz or o.cancel_requested_at is not null as waits,
           case
               when o.id is null then 'there is no such order'
               when e.executions > 1 then 'it has several executions'
               when r.order_id is null and e.id is not null then 'it never held stock and has an execution'
               -- Those of old orders are forgotten when their time is over.
               when r.order_id is not null and e.id is null
                    and o.created_at >= coalesce((select before from forgotten where what = $5), '-infinity')
                    and (p.order_id is not null
                         or not (o.status = 'cancelled' or coalesce(o.reason, '') = 'reservation_expired'))
                   then 'it has no execution'
           end as problem
    from (select * from orders where id between $1 and $2) o
    full join started e on e.id = o.id
    left join reserved r on r.order_id = o.id
    left join (select order_id from payments where order_id between $1 and $2) p on p.order_id = o.id
),
found as (
    select * from judged where problem is not null
),
told as (
    select distinct subject from messages where queue = any($4::text[]) and subject between $1 and $2
),
due as (
    select f.*, f.problem = 'it has no execution' and f.status = 'reserved'
                and (f.waits or told.subject is not null) as starting
    from found f left join told on told.subject = f.id
),
wrong as (
    select id as order_id, status, reason, executions, execution, problem from due where not starting
)
select (select count(*) from judged) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from due where starting) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
