-- audit.reopen_slices: a slice with an order that changed since is audited again, and so are all if all are asked for
-- What cannot be read cannot be taken off the sum, so then all begin anew, too.
with asked as (
    select s.first, s.last, s.held from audited_slices s
    where $1 or exists (select from reopened_orders r where r.order_id between s.first and s.last)
),
units as (
    select unit ->> 0 as sku, unit ->> 1 as warehouse,
           case when unit ->> 2 ~ '^-?[0-9]{1,30}$' then (unit ->> 2)::numeric end as units
    from asked
    cross join lateral jsonb_array_elements(case jsonb_typeof(held) when 'array' then held else '[null]' end) as unit
),
anew as materialized (
    select $1 or exists (select from units where sku is null or warehouse is null or units is null) as for_all
),
touched as (
    select first, last from asked
    union
    select first, last from audited_slices where (select for_all from anew)
),
gone as (
    select sku, warehouse, sum(units) as units from units group by sku, warehouse
),
subtracted as (
    update audited_stock a set units = a.units - gone.units from gone
    where a.sku = gone.sku and a.warehouse = gone.warehouse and not (select for_all from anew)
),
emptied as (
    delete from audited_stock where (select for_all from anew)
),
reopened as (
    delete from audited_slices s using touched t where s.first = t.first
),
recounted as (
    delete from audited_numbers where $1
),
known as (
    -- What changed outside a slice that was audited is audited anyway; it may be in one that is being closed just now.
    delete from reopened_orders r
    where exists (select from touched t where r.order_id between t.first and t.last) or r.at < sluice_now() - interval '1 day'
)
select count(*) as "reopened!" from touched
