-- queue.receive: still in somebody's hand when it is due, its lease has lapsed, and that delivery is not held against it.
-- What was compressed takes six times as much in memory, about. A floor ahead of the clock is of before that was put back.
with waiting as (
    select id, visible_at, pg_column_size(body) * case when pg_column_compression(body) is null then 1 else 6 end as bytes,
           greatest(receive_count - (instance is not null)::integer, 0) as failures,
           abandoned + (instance is not null)::integer as abandoned
    from messages
    where queue = $1 and visible_at <= sluice_now()
      and visible_at >= case when $8::timestamptz <= sluice_now() then $8 else '-infinity' end
    order by visible_at, id
    limit $2
    for update skip locked
),
due as (
    select id, visible_at, bytes, failures, abandoned, failures >= $5::integer or abandoned >= $6::integer as exhausted
    from (select *, sum(bytes) over (order by visible_at, id) - bytes as before from waiting) as sized
    where before < $9::bigint
),
taken as (
    update messages m
    set queue = case when exhausted then $7 else queue end,
        instance = case when exhausted then null else $4::bigint end,
        deliveries = m.deliveries + 1,
        receive_count = case when exhausted then due.failures else due.failures + 1 end,
        abandoned = due.abandoned,
        visible_at = case
            when exhausted then sluice_now() else sluice_now() + $3::bigint * interval '1 millisecond'
        end
    from due
    where m.id = due.id and m.id = any(array(select id from due))
    returning m.id, m.queue, m.subject, m.body, m.receive_count, m.deliveries, m.sent_at, due.visible_at, due.bytes
)
select id as "id!", subject, body as "body!", receive_count as "receive_count!", deliveries as "deliveries!",
       (extract(epoch from sluice_now() - sent_at) * 1000)::bigint as "age!", visible_at as "due_at!", bytes as "bytes!"
from taken where queue = $1 order by id
