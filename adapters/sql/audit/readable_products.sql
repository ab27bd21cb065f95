-- audit.readable_products: its currency is one that is known ($1), and so is its tax category if it has any ($2)
with wrong as (
    select sku, currency, tax_category,
           case when currency = any($1::text[]) then 'its tax category is not known' else 'its currency is not known' end
               as problem
    from products
    where currency <> all($1::text[]) or tax_category <> all($2::text[])
)
select (select count(*) from products) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by sku limit 20) as example) as "examples!: Examples"
