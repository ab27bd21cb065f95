-- orders.list: stored orders, and accepted ones that are not stored yet
select id as "id!", request, accepted_at as "accepted_at!"
from (
    select o.id, null::jsonb as request, o.created_at as accepted_at
    from orders o
    where o.customer = $1 and o.id < $3 and ($2::text is null or o.status = $2)
    union all
    select s.id, s.request, s.accepted_at
    from submissions s
    where s.customer = $1 and s.id < $3 and ($2::text is null or $2 = 'submitted')
      and not exists (select from orders o where o.id = s.id)
) as both_kinds
order by id desc
limit $4
