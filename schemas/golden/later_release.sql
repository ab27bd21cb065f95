-- What a later release may have left: a member that this one does not know, in every object at every depth of every JSON
-- column. pg_temp.add_members() adds them and says in how many rows of each column. Run by tests of this release, which must
-- read on, show everything, and find nothing wrong.

create function pg_temp.with_more(value jsonb) returns jsonb language plpgsql immutable as $$
begin
    return case jsonb_typeof(value)
        when 'object' then
            coalesce((select jsonb_object_agg(m.key, pg_temp.with_more(m.value)) from jsonb_each(value) as m), '{}')
                || '{"added_later": {"with": ["something", 1, null]}}'
        when 'array' then
            coalesce((select jsonb_agg(pg_temp.with_more(e.item) order by e.place)
                      from jsonb_array_elements(value) with ordinality as e (item, place)), '[]')
        else value
    end;
end $$;

create function pg_temp.add_members() returns table (place text, changed bigint) language plpgsql as $$
declare
    of_table name;
    of_schema name;
    of_column name;
begin
    for of_schema, of_table, of_column in
        select c.table_schema, c.table_name, c.column_name
        from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where c.data_type = 'jsonb' and t.table_type = 'BASE TABLE' and c.table_schema in ('public', 'sandbox')
        order by 1, 2, 3
    loop
        place := of_table || '.' || of_column;
        execute format(
            'update %1$I.%2$I set %3$I = pg_temp.with_more(%3$I) where %3$I is distinct from pg_temp.with_more(%3$I)',
            of_schema, of_table, of_column);
        get diagnostics changed = row_count;
        return next;
    end loop;
end $$;
