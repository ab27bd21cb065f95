-- catalogue.count: what is there is what was counted; what that changes stands among the receipts
-- Their rows are locked by the import before.
with given as (
    select * from unnest($1::text[], $2::bigint[]) as g (sku, counted)
),
corrected as (
    update stock s set received = s.shipped + g.counted
    from given g join stock before on before.sku = g.sku and before.warehouse = $3
    where s.sku = g.sku and s.warehouse = $3 and s.on_hand <> g.counted
    returning s.sku, g.counted - before.on_hand as units
)
insert into stock_receipts (id, sku, warehouse, quantity, source, received_at, reason)
select gen_random_uuid(), sku, $3, units, $4, $5, 'counted' from corrected
