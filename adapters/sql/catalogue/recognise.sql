-- catalogue.recognise: notes the file; whoever imports the same one at once waits here for the other to end
with noted as (
    insert into catalogue_imports as i (content, stock, source, products, units, imported_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (content, stock) do update
    set times = i.times + 1, source = excluded.source, imported_at = excluded.imported_at
    where $7
    returning times
)
select exists (select from noted) as "is_new!"
