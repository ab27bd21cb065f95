-- Which version of the folding made what search keeps, so that a release that folds otherwise has it made anew, in bites, and
-- finds it meanwhile as it was. And indexes that nothing reads go.

alter table order_search add column folding integer not null default 1;
alter table products add column folding integer not null default 1;
comment on column order_search.folding is
    'The version of the folding that made the words; 1 also where a release made them, or none, that does not say it.';
comment on column products.folding is 'The version of the folding that made the folded columns and the grams, likewise.';

-- What is to be made anew. Of what is written today nothing is in these indexes.
drop index order_search_to_fold;
create index order_search_to_fold on order_search (order_id) where words is null or folding < 2;
drop index products_to_fold;
create index products_to_fold on products (sku) where folded_for is distinct from name or folding < 2;

-- Closed orders that are not settled stand in closings; keys are forgotten by id. Each close and each acceptance paid for
-- these. Release 0.1.0 reads closed orders without its index, and finds the same.
drop index orders_closed;
drop index submissions_by_age;
