-- orders.list: stored orders, and accepted ones that are not stored yet; each kind newest first along an index, and no
-- further than a page needs
with stored as (
    select id, pg_column_size(lines) as bytes
    from orders where customer = $1 and id < $2 order by id desc limit $3
),
waiting as (
    select s.id, pg_column_size(s.request) as bytes
    from submissions s
    where s.customer = $1 and s.id < $2
      -- Older than a full page of stored ones: not on this page, and there may be any number of them.
      and s.id > coalesce((select id from stored order by id desc offset $3 - 1 limit 1), '00000000-0000-0000-0000-000000000000')
      and not exists (select from orders o where o.customer = s.customer and o.id = s.id offset 0)
    order by s.id desc limit $3
)
select id as "id!", bytes as "bytes!", stored as "stored!", true as "matches!", false as "last!"
from (
    select id, bytes, true as stored from stored
    union all
    select id, bytes, false from waiting
) as both_kinds
order by id desc
limit $3
