-- search.products_to_fold: along the index of these rows, which has this very condition
select sku, name from products
where folded_for is distinct from name or folding < 2
order by sku limit $1
