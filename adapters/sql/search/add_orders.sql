-- search.add_orders: each word stands behind the slice of its order
-- The document is made as release 0.1.0 makes it, and cut where PostgreSQL would refuse it.
with given as (
    select * from unnest($1::uuid[], $2::text[]) as g (id, words)
)
insert into order_search (order_id, version, status, document, words, folding)
select o.id, o.version, o.status,
       to_tsvector('simple', regexp_replace(left(
           concat_ws(' ', o.email, o.shipping_address ->> 'name', o.billing_address ->> 'name',
                     (select string_agg(concat_ws(' ', line ->> 'sku', line ->> 'name'), ' ')
                      from jsonb_array_elements(o.lines) as line)), 100000),
           '[^[:alnum:]]+', ' ', 'g')),
       array_to_tsvector(array(select s.slice || ':' || word from string_to_table(g.words, chr(31)) as word)),
       $3::integer
from given g
join orders o on o.id = g.id
cross join lateral (
    select slice from order_search_slices where first_id <= o.id order by first_id desc limit 1
) as s
order by o.id
on conflict (order_id) do update
set version = greatest(order_search.version, excluded.version),
    status = case when order_search.version < excluded.version then excluded.status else order_search.status end,
    words = case when order_search.folding < excluded.folding then excluded.words
                 else coalesce(order_search.words, excluded.words) end,
    folding = greatest(order_search.folding, excluded.folding)
where order_search.version < excluded.version or order_search.words is null
   or order_search.folding < excluded.folding
