-- audit.order_totals: every priced order adds up: tax once for each rate, rounded half up, and the total is net and tax
with slice as (
    select * from orders where id between $1 and $2
),
bases as (
    select o.id, line.tax_rate_bp as rate, sum(line.quantity::numeric * line.unit_price) as basis
    from slice o,
         jsonb_to_recordset(o.lines) as line (quantity bigint, unit_price bigint, tax_rate_bp integer)
    where o.total is not null
    group by o.id, line.tax_rate_bp
),
sums as (
    select id, sum(basis) as net, sum(div(basis * rate + 5000, 10000)) as tax from bases group by id
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
