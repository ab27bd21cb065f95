-- audit.order_totals: every priced order adds up: tax once for each rate, rounded half up, added to what is priced without
-- it and taken out of what is priced with it, and the total is net and tax
with slice as (
    select * from orders where id between $1 and $2
),
priced as (
    select o.id, line.tax_rate_bp as rate, line.quantity::numeric * line.unit_price as amount,
           coalesce(line.price_includes_tax, false) as with_tax
    from slice o,
         jsonb_to_recordset(o.lines) as line (quantity bigint, unit_price bigint, tax_rate_bp integer,
                                              price_includes_tax boolean)
    where o.total is not null
),
bases as (
    select id, rate, coalesce(sum(amount) filter (where not with_tax), 0) as without_tax,
           coalesce(sum(amount) filter (where with_tax), 0) as with_tax
    from priced group by id, rate
),
taxed as (
    select id, without_tax + with_tax as amount, div(without_tax * rate + 5000, 10000) as added,
           div(2 * with_tax * rate + 10000 + rate, 2 * (10000 + rate)) as taken_out
    from bases
),
sums as (
    select id, sum(amount - taken_out) as net, sum(added + taken_out) as tax from taxed group by id
),
wrong as (
    select o.id as order_id, o.status, o.net, o.tax, o.total, s.net as net_of_lines, s.tax as tax_of_lines
    from slice o left join sums s on s.id = o.id
    where (o.total is not null
           and (o.net is distinct from s.net or o.tax is distinct from s.tax
                or o.total::numeric is distinct from o.net::numeric + o.tax))
       or (o.total is null and (o.net is not null or o.tax is not null or o.status <> 'rejected'))
)
select (select count(*) from slice) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by order_id limit 20) as example) as "examples!: Examples"
