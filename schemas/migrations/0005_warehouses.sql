-- What warehouses are told of orders, and how far each order has come with that.

create table dispatches (
    order_id uuid primary key,
    told     integer not null check (told > 0)
);
comment on table dispatches is
    'Kept apart from the orders: a row of its own is written for a fraction of what an order''s whole row costs.';
comment on column dispatches.told is 'The sequence of the last of the order''s events that its warehouses were told.';

create table warehouse_feed (
    warehouse text not null,
    position  bigint generated always as identity,
    order_id  uuid not null,
    sequence  integer not null,
    event     jsonb not null,
    told_at   timestamptz not null default now(),
    primary key (warehouse, position),
    unique (order_id, sequence, warehouse)
);
comment on column warehouse_feed.position is
    'Given under a lock that is held until the commit, so no lower one appears after a higher one was read.';
comment on column warehouse_feed.event is 'A CloudEvent. It says where the goods go, so it is personal.';

-- Orders that were confirmed before there was a feed.
insert into messages (queue, subject, body)
select distinct 'dispatch', order_id, jsonb_build_object('order_id', order_id)
from order_events where name = 'OrderConfirmed';
