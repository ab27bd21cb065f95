-- orders.list_stored: orders of a status, among the newest so many. The last that was looked at comes too, whatever its
-- status is: the next page goes on from there
select id as "id!", bytes as "bytes!", true as "stored!", status = $4 as "matches!", ordinal = $5 as "last!"
from (
    select id, bytes, status, row_number() over (order by id desc) as ordinal
    from (
        select id, pg_column_size(lines) as bytes, status
        from orders where customer = $1 and id < $2 order by id desc limit $5
    ) as newest
) as numbered
where status = $4 or ordinal = $5
order by id desc
limit $3
