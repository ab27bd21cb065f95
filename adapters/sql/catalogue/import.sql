-- catalogue.import: $17 to $19 say whether the file has tax_category, tax_exemption_reason and price_includes_tax; what it has
-- not, a product that is there keeps, but for a category that says no more than its old rate did
with given as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::bigint[],
                         $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::boolean[])
        as g (sku, name, currency, price, tax_rate_bp, trigrams, units, folded_sku, folded_name, grams, tax_category,
              tax_exemption_reason, price_includes_tax)
),
listed as (
    insert into products (sku, name, currency, price, tax_rate_bp, trigrams, updated_at,
                          folded_for, folded_sku, folded_name, grams, tax_category, tax_exemption_reason,
                          price_includes_tax, folding)
    select sku, name, currency, price, tax_rate_bp, string_to_array(trigrams, chr(31)), $9::timestamptz,
           name, folded_sku, folded_name, string_to_array(grams, chr(31)), tax_category, tax_exemption_reason,
           price_includes_tax, $20::integer
    from given
    on conflict (sku) do update
    set name = excluded.name, currency = excluded.currency, price = excluded.price,
        tax_rate_bp = excluded.tax_rate_bp, trigrams = excluded.trigrams, updated_at = excluded.updated_at,
        folded_for = excluded.folded_for, folded_sku = excluded.folded_sku, folded_name = excluded.folded_name,
        grams = excluded.grams,
        tax_category = case
            when $17::boolean then excluded.tax_category
            when products.tax_category = case excluded.tax_rate_bp when 0 then 'standard' else 'zero' end then null
            else products.tax_category
        end,
        -- A reason is one for its category only.
        tax_exemption_reason = case
            when $18::boolean then excluded.tax_exemption_reason
            when $17::boolean and excluded.tax_category is distinct from products.tax_category then null
            else products.tax_exemption_reason
        end,
        price_includes_tax = case when $19::boolean then excluded.price_includes_tax else products.price_includes_tax end,
        folding = excluded.folding
    returning sku
),
stocked as (
    insert into stock (sku, warehouse, received)
    select sku, $10::text, units from given join listed using (sku) order by sku collate "C"
    on conflict (sku, warehouse) do update set received = stock.received + excluded.received
    returning sku
)
insert into stock_receipts (id, sku, warehouse, quantity, source, received_at)
select gen_random_uuid(), sku, $10::text, units, $8::text, $9::timestamptz
from given join stocked using (sku) where units > 0
