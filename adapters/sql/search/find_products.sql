-- search.find_products
select p.sku, p.name, p.currency, p.price, p.tax_rate_bp, p.price_includes_tax,
       least(coalesce((select sum(s.free) from stock s where s.sku = p.sku), 0),
             9223372036854775807)::bigint as "available!"
from products p
where p.sku = any($1)
