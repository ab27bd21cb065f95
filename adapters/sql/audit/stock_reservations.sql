-- audit.stock_reservations: what is reserved is what the orders that hold stock ask for
-- The orders of slices that were audited and rest since are added up already ($3 names the slices that do not); those of
-- all other ranges of ids ($1 to $2) are added up now. A line that cannot be read adds nothing, and one order of those that
-- have such a line is named.
with ranges as (
    select * from unnest($1::uuid[], $2::uuid[]) as r (first, last)
),
held as (
    select line ->> 'sku' as sku, line ->> 'warehouse' as warehouse,
           sum(case when line ->> 'quantity' ~ '^[0-9]{1,18}$' then (line ->> 'quantity')::numeric end) as units,
           min(o.id::text) filter (where line ->> 'quantity' ~ '^[0-9]{1,18}$' is not true) as unreadable
    from ranges r
    cross join lateral (
        select o.id, o.lines from orders o
        where o.id between r.first and r.last and o.status in ('reserved', 'in_review', 'confirmed')
    ) as o
    cross join lateral jsonb_array_elements(case jsonb_typeof(o.lines) when 'array' then o.lines else '[null]' end) as line
    group by line ->> 'sku', line ->> 'warehouse'
    union all
    select sku, warehouse, units, null from audited_stock
    union all
    select unit ->> 0, unit ->> 1,
           -case when unit ->> 2 ~ '^-?[0-9]{1,30}$' then (unit ->> 2)::numeric end, null
    from audited_slices s
    cross join lateral jsonb_array_elements(case jsonb_typeof(s.held) when 'array' then s.held else '[]' end) as unit
    where s.first = any($3)
),
summed as (
    select sku, warehouse, coalesce(sum(units), 0) as units, min(unreadable) as unreadable
    from held group by sku, warehouse having sum(units) <> 0 or min(unreadable) is not null
),
-- A line that names no warehouse, or one without that SKU, finds no partner and stands alone.
wrong as (
    select sku, warehouse, coalesce(s.reserved, 0) as reserved, coalesce(h.units, 0) as held_by_orders,
           h.unreadable as order_that_cannot_be_read
    from stock s full join summed h using (sku, warehouse)
    where coalesce(s.reserved, 0) <> coalesce(h.units, 0) or h.unreadable is not null
)
select (select count(*) from stock) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sku, warehouse limit 20) as example) as "examples!: Examples"
