-- Which version of the folding made what search keeps, so that a release that folds otherwise has it made anew, in bites, and
-- finds it meanwhile as it was. From here on a change locks one table that is in use, and no other while it has it: whoever
-- orders holds several at a time.

alter table products add column folding integer not null default 1;
comment on column products.folding is
    'The version of the folding that made the folded columns and the grams; 1 also where a release made them that does not say it.';
