-- search.find_orders
select order_id as "order_id!" from find_orders($1, $2) as order_id
