-- retention.forget_keys: by id, which is by the time of whoever accepted it; how old it is, its stamp by the database's
-- clock says. A key is kept while its order is not stored yet
with old as (
    select s.id from submissions s
    where s.id > $1 and s.id < $2
    order by s.id limit $3
),
gone as (
    delete from submissions s using old
    where s.id = old.id and coalesce(s.stored_at, s.accepted_at) < $4 and (select true from orders o where o.id = s.id)
    returning s.id
)
select (select count(*) from gone) as "gone!",
       (select o.id from old o order by o.id desc limit 1) as "last?"
