-- audit.invoices_issued: a confirmed order has exactly one invoice that is in the document store
with issued as (
    select order_id, count(*) as invoices, count(stored_at) as stored from invoices
    where order_id between $1 and $2 group by order_id
),
judged as (
    select o.id, o.status, o.invoiced, coalesce(i.invoices, 0) as invoices, coalesce(i.stored, 0) as stored,
           o.updated_at >= $3::timestamptz as is_fresh
    from (select * from orders where id between $1 and $2) o
    left join issued i on i.order_id = o.id
    where o.status in ('confirmed', 'shipped') or i.order_id is not null or o.invoiced
),
missing as (
    select id from judged where status in ('confirmed', 'shipped') and stored = 0 and not is_fresh
),
told as (
    select m.id from missing m
    join (select subject from messages where queue = any($4::text[]) and subject between $1 and $2) t
        on t.subject = m.id
    union
    select m.id from missing m
    join (select id from executions where id between $1 and $2 and status = 'running') e on e.id = m.id
),
due as (
    select j.*,
           case
               when invoices > 1 then 'it has several invoices'
               when invoices > 0 and status in ('reserved', 'in_review', 'rejected')
                   then 'it has an invoice and was never confirmed'
               when invoiced <> (stored > 0) then 'order and invoice disagree whether it was stored'
               when status in ('confirmed', 'shipped') and stored = 0 and not is_fresh and told.id is null
                   then 'it has no invoice, and nobody is about to write it'
           end as problem
    from judged j left join told on told.id = j.id
),
wrong as (
    select id as order_id, status, invoiced, invoices, stored, problem from due where problem is not null
)
select (select count(*) from due) as "checked!",
       (select count(*) from wrong) as "violations!",
       (select count(*) from due
        where status in ('confirmed', 'shipped') and stored = 0 and problem is null) as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
