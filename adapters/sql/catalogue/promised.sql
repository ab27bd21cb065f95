-- catalogue.promised: of what more is promised to orders than was counted
select s.sku, s.reserved, g.counted as "counted!"
from unnest($1::text[], $2::bigint[]) as g (sku, counted)
join stock s on s.sku = g.sku and s.warehouse = $3
where s.reserved > g.counted
order by s.sku collate "C"
