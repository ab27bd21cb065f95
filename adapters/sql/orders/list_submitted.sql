-- orders.list_submitted: accepted orders that are not stored yet, among the newest so many. The last that was looked at
-- comes too, stored or not: the next page goes on from there
select id as "id!", bytes as "bytes!", false as "stored!", waiting as "matches!", ordinal = $4 as "last!"
from (
    select id, bytes, waiting, row_number() over (order by id desc) as ordinal
    from (
        select s.id, pg_column_size(s.request) as bytes,
               not exists (select from orders o where o.customer = s.customer and o.id = s.id offset 0) as waiting
        from submissions s where s.customer = $1 and s.id < $2 order by s.id desc limit $4
    ) as newest
) as numbered
where waiting or ordinal = $4
order by id desc
limit $3
