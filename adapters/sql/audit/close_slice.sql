-- audit.close_slice: a slice whose orders have all ended, or stand, and have not changed for some days ($3) is left out
-- from now on. What it holds is added to what all such slices hold. One with a line that cannot be read never is.
with slice as (
    select id, status, lines, updated_at from orders where id between $1 and $2
),
held as (
    select line ->> 'sku' as sku, line ->> 'warehouse' as warehouse,
           sum(case when line ->> 'quantity' ~ '^[0-9]{1,18}$' then (line ->> 'quantity')::numeric end) as units,
           -- What is missing is null, which bool_and would pass over.
           bool_and(coalesce(line ->> 'quantity' ~ '^[0-9]{1,18}$', false)) as is_readable
    from slice o
    cross join lateral jsonb_array_elements(case jsonb_typeof(o.lines) when 'array' then o.lines else '[null]' end) as line
    where o.status = 'confirmed'
    group by line ->> 'sku', line ->> 'warehouse'
),
closed as (
    insert into audited_slices (first, last, orders, held, audited_at)
    select $1, $2, (select count(*) from slice),
           (select coalesce(jsonb_agg(jsonb_build_array(sku, warehouse, units)), '[]') from held), sluice_now()
    where not exists (select from slice where status in ('reserved', 'in_review') or updated_at >= $3)
      and not exists (select from held where sku is null or warehouse is null or not is_readable)
      and exists (select from slice)
      and not exists (select from audited_slices s where s.first <= $2 and s.last >= $1)
    returning first
),
known as (
    delete from reopened_orders where order_id between $1 and $2 and exists (select from closed)
),
added as (
    insert into audited_stock as a (sku, warehouse, units)
    select sku, warehouse, units from held where exists (select from closed)
    on conflict (sku, warehouse) do update set units = a.units + excluded.units
)
select exists (select from closed) as "closed!"
