-- Which installation a database is: its folder of documents says the same, so that two shops never write into one folder,
-- nor one shop into two.

create table installation (
    single     boolean primary key default true check (single),
    id         uuid not null default gen_random_uuid(),
    has_folder boolean not null default false
);
insert into installation default values;
comment on table installation is 'One row.';
comment on column installation.id is 'The folder of documents names it, too.';
comment on column installation.has_folder is 'A folder does: another one that does not is the wrong one, or new after a loss.';
