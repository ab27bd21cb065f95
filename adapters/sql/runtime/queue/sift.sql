-- queue.sift: what one customer has waiting beyond a share goes to the second lane. It looks at those due first only, and
-- locks nothing: what is taken in hand meanwhile stays where it is.
with waiting as (
    select id, subject, visible_at, pg_column_size(body) as bytes
    from messages
    where queue = $1 and visible_at <= sluice_now() and instance is null
    order by visible_at
    limit $3
),
shares as (
    select w.id, sum(w.bytes) over of_customer as bytes, row_number() over of_customer as ordinal
    from waiting w
    -- Looked up each by each: the planner knows nothing of the limit, and would rather read all that was ever submitted.
    cross join lateral (select customer from submissions where id = w.subject limit 1) as s
    window of_customer as (partition by s.customer order by w.visible_at, w.id)
),
beyond as (
    select id from shares where bytes > $4::bigint or ordinal > $5::bigint
)
update messages m set queue = $2
-- The queue is a condition only: along its index all that waits would be read to find these.
where m.id = any(array(select id from beyond)) and m.queue || '' = $1 and m.instance is null
