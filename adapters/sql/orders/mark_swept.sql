-- orders.mark_swept: an order that was set going by two at once is left alone once
insert into sweeps (order_id, what, times, next_at)
select order_id, what, times, sluice_now() + pause * interval '1 millisecond'
from unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[]) as s (order_id, what, times, pause)
on conflict (order_id, what) do update set times = excluded.times, next_at = excluded.next_at
