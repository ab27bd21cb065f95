-- orders.move_reserved: locks in the order that every transaction uses, so none waits for another in a circle
with moves as (
    select * from unnest($1::text[], $2::text[], $3::bigint[]) as m (sku, warehouse, quantity)
),
locked as (
    select s.sku, s.warehouse, m.quantity
    from stock s join moves m using (sku, warehouse)
    order by s.sku collate "C", s.warehouse collate "C"
    for update of s
)
update stock s set reserved = s.reserved + locked.quantity
from locked
where s.sku = locked.sku and s.warehouse = locked.warehouse
