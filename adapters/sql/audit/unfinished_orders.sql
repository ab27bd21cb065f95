-- audit.unfinished_orders: an order that has not ended is waiting for somebody who is there
-- Expiry ends what nobody else ends, and the sweep carries out a cancellation that was forgotten: each gets some time. An
-- order for which money may be held does not expire: the sweep sets its workflow going again, and then leaves it some time.
with told as (
    select subject, bool_or(queue = any($3::text[])) as cancels
    from messages where queue = any($2::text[])
    group by subject
),
unfinished as (
    select o.id, o.status, o.reserved_until, o.cancel_requested_at, e.status as execution,
           case
               when o.cancel_requested_at < $1::timestamptz and not coalesce(told.cancels, false)
                   then 'its cancellation is forgotten'
               when o.status <> 'confirmed' and coalesce(o.reserved_until, '-infinity') < $1
                    and told.subject is null and e.status is distinct from 'running'
                    and not exists (select from sweeps s
                                    where s.order_id = o.id and s.what = 'unattended' and s.next_at > $1)
                   then 'nothing is going on, and its reservation is over'
           end as problem
    from (
        select id, status, reserved_until, cancel_requested_at from orders where status in ('reserved', 'in_review')
        union all
        select id, status, reserved_until, cancel_requested_at from orders
        where cancel_requested_at is not null and status = 'confirmed'
    ) as o
    left join lateral (select status from executions where id = o.id) e on true
    left join told on told.subject = o.id
),
stuck as (
    select id as order_id, status, reserved_until, cancel_requested_at, execution, problem
    from unfinished where problem is not null
)
select (select count(*) from unfinished) as "checked!",
       (select count(*) from stuck) as "violations!",
       (select count(*) from unfinished where problem is null) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from stuck order by order_id limit 20) as example) as "examples!: Examples"
