-- What is judged by the database's clock is stamped by it: the clock of the process that brings it may be wrong by weeks.

alter table submissions add column stored_at timestamptz;
-- Apart from the column, so that what is there already keeps none.
alter table submissions alter column stored_at set default sluice_now();
comment on column submissions.stored_at is
    'When the key was stored, by the database''s clock: it is forgotten so long after that. Null if it was stored before
     there was this; then accepted_at counts.';

create or replace function note_closing() returns trigger language plpgsql security definer
set search_path from current as $$
begin
    insert into closings (order_id, look_at) values (new.id, sluice_now()) on conflict do nothing;
    return null;
end $$;
