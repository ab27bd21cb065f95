-- search.show_orders: an order's words never change, so only its first news makes them; older news never win
-- Says of which orders there are no words yet, or those of a folding before $2, and what to make them from.
with shown as (
    update order_search s set version = o.version, status = o.status
    from orders o where o.id = any($1) and s.order_id = o.id and s.version < o.version
)
select o.id, searched_text(o.email, o.shipping_address, o.billing_address, o.lines) as "text!"
from orders o
where o.id = any($1)
  and not exists (select from order_search s where s.order_id = o.id and s.words is not null and s.folding >= $2)
order by o.id
