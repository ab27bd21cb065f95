-- audit.invoice_numbers: the numbers of a series and year are 1 to the last one given, without gap or double
-- Those that are noted as lost are nobody's.
-- From the first that was not found by an earlier audit on ($3), so many at once ($4).
with given as (
    select coalesce((select last from invoice_series where series = $1 and year = $2), 0) as last
),
used as (
    select number, array_agg(order_id) as order_ids from invoices
    where series = $1 and year = $2 and number > $3::integer and number <= $3::bigint + $4::integer
    group by number
),
beyond as (
    -- Looked for once, with the last of them.
    select number, array_agg(order_id) as order_ids from invoices, given
    where series = $1 and year = $2 and $3::bigint + $4::integer >= given.last
      and number > greatest(given.last, $3::bigint + $4::integer)
    group by number
    union all
    select number, array_agg(order_id) from invoices
    where series = $1 and year = $2 and number < 1 and $3::integer = 0
    group by number
),
lost as (
    select number from lost_invoices
    where series = $1 and year = $2 and number > $3::integer and number <= $3::bigint + $4::integer
),
due as (
    select number from given, generate_series($3::bigint + 1, least(given.last, $3::bigint + $4::integer)) as n (number)
),
wrong as (
    select $1::text as series, $2::integer as year, coalesce(d.number, u.number) as number, given.last as last_given,
           case
               when u.number is null then 'nobody has this number'
               when l.number is not null then 'this number is noted as lost, and somebody has it'
               when d.number is null then 'this number was never given'
               else 'several invoices have this number'
           end as problem,
           u.order_ids
    from given cross join (due d full join (select * from used union all select * from beyond) u using (number))
    left join lost l on l.number = coalesce(d.number, u.number)
    where (u.number is null) = (l.number is null) or d.number is null or cardinality(u.order_ids) > 1
)
select (select coalesce(sum(cardinality(order_ids)), 0)::bigint from used) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by series, year, number limit 20) as example) as "examples!: Examples"
