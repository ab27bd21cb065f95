-- search.gram_frequencies: in how many products each of these is, by the table's statistics; none if there are no statistics
select w.gram as "gram!", (coalesce(e.share, s.least) * greatest(c.reltuples, 0))::bigint as "products!"
from pg_class c
join lateral (
    select most_common_elems::text::text[] as grams, most_common_elem_freqs as shares,
           -- Behind the shares stand the least of them, the greatest, and that of nulls.
           most_common_elem_freqs[cardinality(most_common_elem_freqs) - 2] as least
    from pg_stats
    where schemaname = c.relnamespace::regnamespace::text and tablename = c.relname and attname = 'grams'
      and most_common_elems is not null
) as s on true
cross join unnest($1::text[]) as w (gram)
left join lateral unnest(s.grams, s.shares) as e (gram, share) on e.gram = w.gram
where c.oid = 'products'::regclass
