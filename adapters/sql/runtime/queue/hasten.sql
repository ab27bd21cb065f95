-- queue.hasten: what is due later than anything is made to wait was written before the clock was set back. It is due now;
-- what is in hand has a lease from now on, which its carrier renews. One look along the index for each queue.
with late as (
    select late.id
    from unnest($1::text[]) as q (name)
    cross join lateral (
        select m.id from messages m
        where m.queue = q.name and m.visible_at > sluice_now() + $2::bigint * interval '1 millisecond'
          and (m.instance is null or m.visible_at > sluice_now() + $3::bigint * interval '1 millisecond')
        order by m.visible_at desc
        limit $5
        for update skip locked
    ) as late
)
update messages m
set visible_at = sluice_now() + case when m.instance is null then 0 else $4::bigint end * interval '1 millisecond'
where m.id = any(array(select id from late))
returning m.queue
