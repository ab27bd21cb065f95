-- audit.stock_receipts: what was received is what the receipts add up to
with receipts as (
    select sku, warehouse, sum(quantity) as units from stock_receipts group by sku, warehouse
),
wrong as (
    select sku, warehouse, coalesce(s.received, 0) as received, coalesce(r.units, 0) as receipts
    from stock s full join receipts r using (sku, warehouse)
    where coalesce(s.received, 0) <> coalesce(r.units, 0)
)
select (select count(*) from stock) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sku, warehouse limit 20) as example) as "examples!: Examples"
