-- search.index_orders: words are split at everything but letters and digits, as queries are; older news never win
insert into order_search (order_id, version, status, document)
select o.id, o.version, o.status,
       to_tsvector('simple', regexp_replace(
           concat_ws(' ', o.id, o.email, o.shipping_address ->> 'name', o.billing_address ->> 'name',
                     (select string_agg(concat_ws(' ', line ->> 'sku', line ->> 'name'), ' ')
                      from jsonb_array_elements(o.lines) as line)),
           '[^[:alnum:]]+', ' ', 'g'))
from orders o where o.id = any($1)
on conflict (order_id) do update
set version = excluded.version, status = excluded.status, document = excluded.document
where order_search.version < excluded.version
