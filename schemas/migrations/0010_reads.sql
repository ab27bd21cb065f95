-- A replay asks whether the order's message still waits. Looking for it among hundreds of thousands by its subject took
-- the one lane of acceptance for a fifth of a second; by its id it is one look along the primary key.

alter table submissions add column message bigint;
comment on column submissions.message is
    'The message on queue intake that was sent for it last. Null if the release before this accepted it.';
