-- search.fold_products: one whose name changed meanwhile is left for the next time
with given as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        as g (sku, name, folded_sku, folded_name, grams)
)
update products p
set folded_for = g.name, folded_sku = g.folded_sku, folded_name = g.folded_name,
    grams = string_to_array(g.grams, chr(31)), folding = $6
from given g where p.sku = g.sku and p.name = g.name
