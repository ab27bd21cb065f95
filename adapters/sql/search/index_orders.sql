-- search.index_orders: an order's words never change, so only its first news makes them; older news never win
-- Words are split at everything but letters and digits, as queries are.
with shown as (
    update order_search s set version = o.version, status = o.status
    from orders o where o.id = any($1) and s.order_id = o.id and s.version < o.version
)
insert into order_search (order_id, version, status, document)
select o.id, o.version, o.status,
       to_tsvector('simple', regexp_replace(
           concat_ws(' ', o.email, o.shipping_address ->> 'name', o.billing_address ->> 'name',
                     (select string_agg(concat_ws(' ', line ->> 'sku', line ->> 'name'), ' ')
                      from jsonb_array_elements(o.lines) as line)),
           '[^[:alnum:]]+', ' ', 'g'))
from orders o
where o.id = any($1) and not exists (select from order_search s where s.order_id = o.id)
order by o.id
on conflict (order_id) do update
set version = excluded.version, status = excluded.status
where order_search.version < excluded.version
