-- audit.reopen_slices: a slice with an order that changed since is audited again, and so are all if all are asked for
with touched as (
    select s.first, s.last, s.held from audited_slices s
    where $1 or exists (select from reopened_orders r where r.order_id between s.first and s.last)
),
gone as (
    select unit ->> 0 as sku, unit ->> 1 as warehouse, sum((unit ->> 2)::numeric) as units
    from touched, jsonb_array_elements(held) as unit
    group by 1, 2
),
subtracted as (
    update audited_stock a set units = a.units - gone.units from gone
    where a.sku = gone.sku and a.warehouse = gone.warehouse
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
