-- Search over orders: behind the search port, rebuilt from the orders at any time.

create table order_search (
    order_id uuid primary key,
    version  integer not null,
    status   text not null,
    document tsvector not null
);
comment on column order_search.version is 'The order''s version that it shows; the audit compares them.';
create index order_search_by_word on order_search using gin (document);
