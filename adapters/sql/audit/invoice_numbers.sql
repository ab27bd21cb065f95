-- audit.invoice_numbers: the numbers of a series and year are 1 to the last one given, without gap or double
with used as (
    select series, year, count(*) as invoices, count(distinct number) as numbers, min(number) as first,
           max(number) as last
    from invoices group by series, year
),
compared as (
    select series, year, coalesce(u.invoices, 0) as invoices, coalesce(u.numbers, 0) as numbers,
           coalesce(u.first, 1) as first, coalesce(u.last, 0) as highest, coalesce(s.last, 0) as last_given
    from invoice_series s full join used u using (series, year)
),
broken as (
    select * from compared
    where highest <> last_given or first <> 1 or numbers <> highest or invoices <> numbers
),
wrong as (
    select b.series, b.year, given.number, b.last_given, b.highest,
           case
               when count(i.number) = 0 then 'nobody has this number'
               when given.number > b.last_given then 'this number was never given'
               else 'several invoices have this number'
           end as problem,
           array_agg(i.order_id) filter (where i.order_id is not null) as order_ids
    from broken b
    cross join lateral generate_series(least(b.first, 1), greatest(b.highest, b.last_given)) as given (number)
    left join invoices i on i.series = b.series and i.year = b.year and i.number = given.number
    group by b.series, b.year, b.last_given, b.highest, given.number
    having count(i.number) <> 1 or given.number > b.last_given
)
select (select count(*) from invoices) as "checked!",
       (select count(*) from wrong) as "violations!",
       null::bigint as "waiting?",
       (select coalesce(jsonb_agg(to_jsonb(example)), '[]')
        from (select * from wrong order by series, year, number limit 20) as example) as "examples!: Examples"
