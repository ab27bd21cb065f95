-- Search by words and pieces that are folded outside the database, in bounded time whatever is looked for and however much
-- there is; imports that are recognised when they come again; and stock that was counted.

-- Products. What an older release wrote is folded later, by whoever sweeps: the index of such rows is empty as a rule.
alter table products
    add column folded_for  text,
    add column folded_sku  text,
    add column folded_name text,
    add column grams       text[];
comment on column products.trigrams is 'What release 0.1.0 searches by.';
comment on column products.folded_for is 'The name that the next three columns were made from. Another one, or none: they are to be made anew.';
comment on column products.folded_name is 'Its beginning.';
comment on column products.grams is 'Trigrams of words, pairs within runs of a script that puts no spaces between words.';
-- Its statistics tell which pieces are rare, and so which are worth looking for.
alter table products alter column grams set statistics 400;
-- What waits in the list beside the index is read through by every search: it is kept short.
create index products_by_gram on products using gin (grams) with (gin_pending_list_limit = 256);
create index products_by_folded_sku on products (folded_sku collate "C");
create index products_by_folded_name on products (folded_name collate "C");
create index products_to_fold on products (sku) where folded_for is distinct from name;

-- Orders. Each word is kept with the slice that its order lies in before it, so that a search can go from the newest slice to
-- the oldest and end as soon as it has enough: a word that every order has costs no more than one slice.
create table order_search_slices (
    slice    integer primary key,
    first_id uuid not null unique
);
comment on table order_search_slices is
    'An order lies in the last slice that begins at or before its id. A new one is begun when the last is full.';
insert into order_search_slices (slice, first_id) values (0, '00000000-0000-0000-0000-000000000000');
insert into order_search_slices (slice, first_id)
select place / 16384, id from (select id, row_number() over (order by id) as place from orders) as placed
where place % 16384 = 0;

alter table order_search add column words tsvector;
comment on column order_search.document is 'What release 0.1.0 searches by, and its audit compares.';
comment on column order_search.words is 'Folded, each behind its slice. Null if an older release wrote the row: to be made yet.';
create index order_search_by_words on order_search using gin (words) with (gin_pending_list_limit = 64);
create index order_search_to_fold on order_search (order_id) where words is null;
-- An order would pay for two indexes of its words. Release 0.1.0 reads all rows without it, and finds the same.
drop index order_search_by_word;
-- An order's status changes soon after it was shown: in its place, without touching an index.
alter table order_search set (fillfactor = 60);

create function searched_text(email text, shipping_address jsonb, billing_address jsonb, lines jsonb) returns text
language sql immutable parallel safe as $$
    select left(concat_ws(' ', email, shipping_address ->> 'name', billing_address ->> 'name',
                          (select string_agg(line ->> 'sku', ' ') from jsonb_array_elements(lines) as line),
                          (select string_agg(line ->> 'name', ' ') from jsonb_array_elements(lines) as line)), 30000)
$$;
comment on function searched_text is
    'What an order is found by. What identifies it comes first: a large one is not found by the names of its last lines.';

-- Goes from the newest slice to the oldest, and no further than there is need. Its settings are its own: compiling the statement
-- takes longer than running it, and the plan that fits one slice fits all. The inner query is kept apart, or the planner would
-- rather walk through all orders by id.
create function find_orders(terms text, most bigint) returns setof uuid
language plpgsql stable set jit = off set plan_cache_mode = force_generic_plan as $$
declare
    looked_in integer;
    found_now bigint;
begin
    for looked_in in select slice from order_search_slices order by slice desc loop
        return query
            select candidates.order_id
            from (
                select s.order_id from order_search s
                where s.words @@ replace(terms, '@', looked_in || ':')::tsquery offset 0
            ) as candidates
            order by candidates.order_id desc
            limit most;
        get diagnostics found_now = row_count;
        most := most - found_now;
        exit when most <= 0;
    end loop;
end $$;
comment on function find_orders is 'Orders that have all of these words, newest first. The terms are a tsquery with @ for the slice.';

-- Imports.
create table catalogue_imports (
    content     bytea not null,
    stock       text not null check (stock in ('received', 'counted')),
    source      text not null,
    products    integer not null,
    units       bigint not null,
    times       integer not null default 1,
    imported_at timestamptz not null,
    primary key (content, stock)
);
comment on table catalogue_imports is 'Files that were imported: one that comes again is recognised.';
comment on column catalogue_imports.content is 'SHA-256 of the file.';
comment on column catalogue_imports.stock is 'What its units were taken for: what came in, or what is there.';
comment on column catalogue_imports.times is 'More than 1 if somebody meant it again.';

-- What a count corrects stands among the receipts, because their sum is what the stock says was received, also to the audit of
-- release 0.1.0.
alter table stock_receipts add column reason text not null default 'received';
alter table stock_receipts drop constraint stock_receipts_quantity_check;
alter table stock_receipts add constraint units_for_a_reason
    check (case reason when 'received' then quantity > 0 when 'counted' then quantity <> 0 else false end);
comment on table stock_receipts is 'Every unit that ever came in, and what counts corrected; the audit adds them up against the stock.';
comment on column stock_receipts.reason is 'Below zero only if counted.';
