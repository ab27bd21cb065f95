-- audit.order_totals: every priced order adds up: tax once for each rate, rounded half up, added to what is priced without
-- it and taken out of what is priced with it, and the total is net and tax
-- What is no number, or none that a line may have, is null instead of the end of the audit.
with slice as (
    select * from orders where id between $1 and $2
),
lines as (
    select o.id, case when line ->> 'tax_rate_bp' ~ '^[0-9]{1,5}$' then (line ->> 'tax_rate_bp')::numeric end as rate,
           case when line ->> 'quantity' ~ '^[0-9]{1,18}$' then (line ->> 'quantity')::numeric end
               * case when line ->> 'unit_price' ~ '^[0-9]{1,18}$' then (line ->> 'unit_price')::numeric end as amount,
           coalesce(line ->> 'price_includes_tax', 'false') as includes_tax
    from slice o
    cross join lateral jsonb_array_elements(case jsonb_typeof(o.lines) when 'array' then o.lines else '[null]' end) as line
    where o.total is not null
),
bases as (
    select id, rate, coalesce(sum(amount) filter (where includes_tax = 'false'), 0) as without_tax,
           coalesce(sum(amount) filter (where includes_tax = 'true'), 0) as with_tax,
           bool_and(rate is not null and amount is not null and includes_tax in ('true', 'false')) as is_readable
    from lines group by id, rate
),
taxed as (
    select id, without_tax + with_tax as amount, div(without_tax * rate + 5000, 10000) as added,
           div(2 * with_tax * rate + 10000 + rate, 2 * (10000 + rate)) as taken_out, is_readable
    from bases
),
sums as (
    select id, sum(amount - taken_out) as net, sum(added + taken_out) as tax, bool_and(is_readable) as is_readable
    from taxed group by id
),
wrong as (
    select o.id as order_id, o.status, o.net, o.tax, o.total, s.net as net_of_lines, s.tax as tax_of_lines,
           case
               when o.total is not null and o.lines = '[]' then 'it has a total and no line'
               when o.total is null or s.is_readable then 'it does not add up'
               else 'a line of it cannot be read'
           end as problem
    from slice o left join sums s on s.id = o.id
    where (o.total is not null
           and (s.is_readable is not true or o.net is distinct from s.net or o.tax is distinct from s.tax
                or o.total::numeric is distinct from o.net::numeric + o.tax))
       or (o.total is null and (o.net is not null or o.tax is not null or o.status <> 'rejected'))
)
select (select count(*) from slice) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
