-- queue.receive
with due as (
    select id from messages
    where queue = $1 and visible_at <= now()
    order by visible_at, id
    limit $2
    for update skip locked
),
taken as (
    update messages m
    set queue = case when exhausted then $7 else queue end,
        instance = case when exhausted then null else $4::bigint end,
        receive_count = case when exhausted then receive_count else receive_count + 1 end,
        visible_at = case when exhausted then now() else now() + $3::bigint * interval '1 millisecond' end
    from due join lateral (
        select d.receive_count >= $5::integer or d.abandoned >= $6::integer as exhausted
        from messages d where d.id = due.id
    ) as judged on true
    where m.id = due.id
    returning m.id, m.queue, m.subject, m.body, m.receive_count, m.sent_at
)
select id as "id!", subject, body as "body!", receive_count as "receive_count!", sent_at as "sent_at!"
from taken where queue = $1 order by id
