-- search.find_orders: from the newest slice to the oldest, and no further than there is need
select found.order_id
from (select slice from order_search_slices order by slice desc) as s
cross join lateral (
    select order_id from order_search
    where words @@ replace($1, '@', s.slice || ':')::tsquery
    order by order_id desc
    limit $2
) as found
limit $2
