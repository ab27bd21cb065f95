-- orders.look_at_closings: the closed orders that are due to be looked at, and what is stored of them; locked meanwhile
-- Later than that none is put off ($3), so such a time is of before the clock was set back, or of a process that was ahead.
-- Since when they wait only orders them. It is said as a moment that can be read: one that cannot would stop them all.
with due as (
    select order_id from closings
    where look_at < sluice_now() - $1::bigint * interval '1 millisecond'
    order by look_at limit $2 for update skip locked
),
put_off as (
    select order_id from closings where look_at > sluice_now() + $3::bigint * interval '1 millisecond'
    order by look_at desc limit $2 for update skip locked
)
select d.order_id as "id!", least(greatest(o.updated_at, 'epoch'), sluice_now()) as "since!", o.status as "status!",
       p.state as "payment?", s.status as "shown?"
from (select order_id from due union all select order_id from put_off) d
join orders o on o.id = d.order_id
left join payments p on p.order_id = d.order_id
left join order_search s on s.order_id = d.order_id
