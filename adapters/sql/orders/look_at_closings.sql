-- orders.look_at_closings: those that are settled are done with; the others come again, behind all that wait
-- The lifecycle says of which payments nothing is held any more.
-- Later than in a day none is put off, so such a time is of before the clock was set back, or of a process that was ahead.
-- Since when they wait only orders them. It is said as a moment that can be read: one that cannot would stop them all.
with due as (
    select order_id from closings
    where look_at < sluice_now() - $1::bigint * interval '1 millisecond'
    order by look_at limit $2 for update skip locked
),
put_off as (
    select order_id from closings where look_at > sluice_now() + interval '1 day'
    order by look_at desc limit $2 for update skip locked
),
found as (
    select d.order_id, o.updated_at,
           coalesce(p.state <> all($3), false) as unvoided,
           coalesce(s.status, '') <> o.status as untold
    from (select order_id from due union all select order_id from put_off) d
    join orders o on o.id = d.order_id
    left join payments p on p.order_id = d.order_id
    left join order_search s on s.order_id = d.order_id
),
settled as (
    delete from closings c using found f where c.order_id = f.order_id and not f.unvoided and not f.untold
),
looked_at as (
    update closings c set look_at = sluice_now() from found f where c.order_id = f.order_id and (f.unvoided or f.untold)
)
select order_id as "id!", least(greatest(updated_at, 'epoch'), sluice_now()) as "since!", unvoided as "unvoided!",
       untold as "untold!"
from found where unvoided or untold
