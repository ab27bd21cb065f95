-- audit.stock_reservations: what is reserved is what the orders that hold stock ask for
with held as (
    select line.sku, line.warehouse, sum(line.quantity::numeric) as units
    from orders o, jsonb_to_recordset(o.lines) as line (sku text, warehouse text, quantity bigint)
    where o.status in ('reserved', 'in_review', 'confirmed')
    group by line.sku, line.warehouse
),
-- A line that names no warehouse, or one without that SKU, finds no partner and stands alone.
wrong as (
    select sku, warehouse, coalesce(s.reserved, 0) as reserved, coalesce(h.units, 0) as held_by_orders
    from stock s full join held h using (sku, warehouse)
    where coalesce(s.reserved, 0) <> coalesce(h.units, 0)
)
select (select count(*) from stock) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sku, warehouse limit 20) as example) as "examples!: Examples"
