-- search.begin_slice: once the last one is full; what comes after the newest order lies in it
with last as (
    select slice, first_id from order_search_slices order by first_id desc limit 1
)
insert into order_search_slices (slice, first_id)
select last.slice + 1, (select order_id from order_search order by order_id desc limit 1)
from last
where (select count(*) from (
           select from order_search s where s.order_id >= last.first_id limit $1
       ) as within) >= $1
on conflict do nothing
