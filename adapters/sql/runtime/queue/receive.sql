-- queue.receive: still in somebody's hand when it is due, its lease has lapsed, and that delivery is not held against it.
-- What was compressed takes six times as much in memory, about. A floor ahead of the clock is of before that was set back.
-- No number or moment that a column can hold makes it fail: one such message would stop all that wait behind it. Deliveries
-- begin anew behind the last number, since two that follow each other must differ.
with waiting as (
    select id, visible_at, pg_column_size(body) * case when pg_column_compression(body) is null then 1 else 6 end as bytes
    from messages
    where queue = $1 and visible_at <= sluice_now()
      and visible_at >= case when $8::timestamptz <= sluice_now() then $8 else '-infinity' end
    order by visible_at
    limit $2
    for update skip locked
),
due as (
    select id, visible_at, bytes
    from (select *, sum(bytes) over (order by visible_at, id) - bytes as before from waiting) as sized
    where before < $9::bigint
),
taken as (
    -- Not joined with what is due: how a join is planned hangs on whether the table was empty at some moment.
    update messages m
    set (queue, instance, deliveries, receive_count, abandoned, visible_at) = (
        select case when exhausted then $7 else m.queue end,
               case when exhausted then null else $4::bigint end,
               m.deliveries % 2147483647 + 1,
               case when exhausted then failures else failures + 1 end,
               abandoned,
               case when exhausted then sluice_now() else sluice_now() + $3::bigint * interval '1 millisecond' end
        from (select greatest(m.receive_count, lapsed) - lapsed as failures,
                     least(m.abandoned, 2147483646) + lapsed as abandoned
              from (select (m.instance is not null)::integer as lapsed) as hand) as counted,
             lateral (select failures >= $5::integer or abandoned >= $6::integer as exhausted) as verdict
    )
    where m.id = any(array(select id from due))
    returning m.id, m.queue, m.subject, m.body, m.receive_count, m.deliveries, m.sent_at,
              pg_column_size(m.body) * case when pg_column_compression(m.body) is null then 1 else 6 end as bytes
)
select id as "id!", queue <> $1 as "is_set_aside!", subject, body::text as "body!", receive_count as "receive_count!", deliveries as "deliveries!",
       (extract(epoch from sluice_now() - least(greatest(sent_at, 'epoch'), sluice_now())) * 1000)::bigint as "age!",
       greatest((select max(visible_at) from due), 'epoch') as "last_due_at!", bytes as "bytes!"
from taken order by id
