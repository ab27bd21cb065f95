-- As of products.

alter table order_search add column folding integer not null default 1;
comment on column order_search.folding is
    'The version of the folding that made the words; 1 also where a release made them, or none, that does not say it.';
