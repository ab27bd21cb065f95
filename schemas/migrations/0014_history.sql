-- What keeps the cost of sweeping, forgetting and auditing from growing with history.

create table closings (
    order_id uuid primary key,
    look_at  timestamptz not null
);
comment on table closings is
    'Refused and cancelled orders that are not known to be settled: their money let go, and search told. Sweep takes each out once it is, so this does not grow with history.';
comment on column closings.look_at is 'Sweep looks at it some time after that; those it looked at last come last.';
create index closings_due on closings (look_at);

-- By the database, so that none is missed whichever release closes it, and whatever the clock of its process says; and as its
-- owner, so that whoever may change an order need not be allowed to write here.
create function note_closing() returns trigger language plpgsql security definer set search_path from current as $$
begin
    insert into closings (order_id, look_at) values (new.id, new.updated_at) on conflict do nothing;
    return null;
end $$;
create trigger note_closing_at_once after insert on orders for each row
    when (new.status in ('rejected', 'cancelled')) execute function note_closing();
create trigger note_closing after update on orders for each row
    when (new.status in ('rejected', 'cancelled') and old.status <> new.status) execute function note_closing();

-- Those closed before are looked at again too, spread over a day so that they are in nobody's way.
insert into closings (order_id, look_at)
select id, sluice_now() + random() * interval '1 day' from orders where status in ('rejected', 'cancelled');

create table audited_slices (
    first      uuid primary key,
    last       uuid not null,
    orders     bigint not null,
    held       jsonb not null,
    audited_at timestamptz not null,
    check (first <= last)
);
comment on table audited_slices is
    'Ranges of ids whose orders were audited and have rested since: the next audit leaves them out. Ids are by time.';
comment on column audited_slices.held is 'The units that its orders hold, as [sku, warehouse, units] each.';

create table audited_stock (
    sku       text not null,
    warehouse text not null,
    units     numeric not null,
    primary key (sku, warehouse)
);
comment on table audited_stock is 'The sum of what all audited slices hold.';

create table audited_numbers (
    series text not null,
    year   integer not null,
    until  integer not null,
    primary key (series, year)
);
comment on column audited_numbers.until is 'The invoice numbers up to this one were each found once.';

create table reopened_orders (
    id       bigint generated always as identity primary key,
    order_id uuid not null,
    at       timestamptz not null default sluice_now()
);
comment on table reopened_orders is
    'Orders that changed after they had rested for a day: a slice that was audited is audited again if one of these is in it.';
create index reopened_orders_by_order on reopened_orders (order_id);

create function note_reopening() returns trigger language plpgsql security definer set search_path from current as $$
begin
    insert into reopened_orders (order_id) values (new.id);
    return null;
end $$;
create trigger note_reopening after update on orders for each row
    when (old.updated_at < new.updated_at - interval '1 day') execute function note_reopening();
create trigger note_late_order after insert on orders for each row
    when (new.created_at < new.updated_at - interval '1 day') execute function note_reopening();

create table forgotten (
    what   text primary key,
    before timestamptz not null
);
comment on table forgotten is 'How far back each thing may have been deleted because its time was over; the audit asks for none older.';
