-- audit.stock_balances: no balance is below zero, and no unit is promised twice
with wrong as (
    select sku, warehouse, received, shipped, reserved, on_hand, free
    from stock
    where least(received, shipped, reserved, received - shipped, received - shipped - reserved) < 0
       or on_hand is distinct from received - shipped
       or free is distinct from received - shipped - reserved
)
select (select count(*) from stock) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sku, warehouse limit 20) as example) as "examples!: Examples"
