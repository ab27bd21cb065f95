-- A replay asks whether the order's message still waits. Looking for it among hundreds of thousands by its subject took
-- the one lane of acceptance for a fifth of a second; by its id it is one look along the primary key.

alter table submissions add column message bigint;
comment on column submissions.message is
    'The message on queue intake that was sent for it last. Null if the release before this accepted it.';

-- A customer's list goes along the index of customer and id. Where a few customers have all the orders, the statistics say
-- that going along the ids alone is as good; for anybody else's list that reads the whole history.
alter table orders alter column customer set (n_distinct = -0.2);
alter table submissions alter column customer set (n_distinct = -0.2);
analyze orders (customer);
analyze submissions (customer);
