-- audit.stock_reservations: what is reserved is what the orders that hold stock ask for
-- The orders of slices that were audited and rest since are added up already ($3 names the slices that do not); those of
-- all other ranges of ids ($1 to $2) are added up now.
with ranges as (
    select * from unnest($1::uuid[], $2::uuid[]) as r (first, last)
),
held as (
    select line.sku, line.warehouse, sum(line.quantity::numeric) as units
    from ranges r
    cross join lateral (
        select o.lines from orders o
        where o.id between r.first and r.last and o.status in ('reserved', 'in_review', 'confirmed')
    ) as o
    cross join lateral jsonb_to_recordset(o.lines) as line (sku text, warehouse text, quantity bigint)
    group by line.sku, line.warehouse
    union all
    select sku, warehouse, units from audited_stock
    union all
    select unit ->> 0, unit ->> 1, -(unit ->> 2)::numeric
    from audited_slices s, jsonb_array_elements(s.held) as unit
    where s.first = any($3)
),
summed as (
    select sku, warehouse, sum(units) as units from held group by sku, warehouse having sum(units) <> 0
),
-- A line that names no warehouse, or one without that SKU, finds no partner and stands alone.
wrong as (
    select sku, warehouse, coalesce(s.reserved, 0) as reserved, coalesce(h.units, 0) as held_by_orders
    from stock s full join summed h using (sku, warehouse)
    where coalesce(s.reserved, 0) <> coalesce(h.units, 0)
)
select (select count(*) from stock) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sku, warehouse limit 20) as example) as "examples!: Examples"
