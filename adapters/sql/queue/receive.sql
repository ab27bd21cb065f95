-- queue.receive: still in somebody's hand when it is due, its lease has lapsed, and that delivery is not held against it
with due as (
    select id from messages
    where queue = $1 and visible_at <= sluice_now()
    order by visible_at, id
    limit $2
    for update skip locked
),
taken as (
    update messages m
    set queue = case when exhausted then $7 else queue end,
        instance = case when exhausted then null else $4::bigint end,
        deliveries = m.deliveries + 1,
        receive_count = case when exhausted then judged.failures else judged.failures + 1 end,
        abandoned = judged.abandoned,
        visible_at = case
            when exhausted then sluice_now() else sluice_now() + $3::bigint * interval '1 millisecond'
        end
    from due join lateral (
        select greatest(d.receive_count - (d.instance is not null)::integer, 0) as failures,
               d.abandoned + (d.instance is not null)::integer as abandoned
        from messages d where d.id = due.id
    ) as judged on true,
    lateral (select judged.failures >= $5::integer or judged.abandoned >= $6::integer as exhausted) as verdict
    where m.id = due.id
    returning m.id, m.queue, m.subject, m.body, m.receive_count, m.deliveries, m.sent_at
)
select id as "id!", subject, body as "body!", receive_count as "receive_count!", deliveries as "deliveries!",
       (extract(epoch from sluice_now() - sent_at) * 1000)::bigint as "age!"
from taken where queue = $1 order by id
