-- warehouses.tell: in the order given; what stands in the feed already keeps its place
insert into warehouse_feed (warehouse, order_id, sequence, event)
select n.warehouse, n.order_id, n.sequence, n.event
from unnest($1::text[], $2::uuid[], $3::integer[], $4::jsonb[])
    with ordinality as n (warehouse, order_id, sequence, event, ordinal)
order by n.ordinal
on conflict (order_id, sequence, warehouse) do nothing
