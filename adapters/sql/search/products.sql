-- search.products: by the share of the query's trigrams found; a hit by name's or SKU's beginning comes first
select p.sku, p.name, p.currency, p.price, p.tax_rate_bp, p.price_includes_tax,
       coalesce((select sum(s.free) from stock s where s.sku = p.sku), 0)::bigint as "available!"
from products p,
     lateral (select count(*) as hits from unnest($1::text[]) as wanted (trigram)
              where wanted.trigram = any(p.trigrams)) as matched
where p.trigrams && $1 and matched.hits * 100 >= cardinality($1) * 45
order by lower(p.sku) = lower($2) desc,
         starts_with(lower(p.name), lower($2)) or starts_with(lower(p.sku), lower($2)) desc,
         matched.hits desc, cardinality(p.trigrams), p.sku
limit $3
