-- search.product_candidates: few, whatever is looked for: some by each way there is
-- Those that begin with it ($1); those that have its rarest pieces all ($2); those that have one that is rare ($3); those that
-- have two that are not ($4 to $6), for what was spelt wrong.
select p.sku, coalesce(p.folded_sku, '') as "folded_sku!", coalesce(p.folded_name, '') as "folded_name!",
       coalesce(array_to_string(p.grams, chr(31)), '') as "grams!"
from products p
where p.sku = any(array(
    (select sku from products
     where folded_sku collate "C" >= $1 and folded_sku collate "C" < $1 || chr(1114111)
     order by folded_sku collate "C" limit 100)
    union
    (select sku from products
     where folded_name collate "C" >= $1 and folded_name collate "C" < $1 || chr(1114111)
     order by folded_name collate "C" limit 100)
    union
    (select sku from products where grams @> $2::text[] limit 600)
    union
    (select sku from products where grams && $3::text[] limit 600)
    union
    (select sku from products where grams @> $4::text[] limit 300)
    union
    (select sku from products where grams @> $5::text[] limit 300)
    union
    (select sku from products where grams @> $6::text[] limit 300)
))
