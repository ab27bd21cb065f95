-- search.orders_to_fold: along the index of these rows, which has this very condition
select order_id from order_search
where words is null or folding < 2
order by order_id desc limit $1
