-- What sweep set going, so that it leaves each order alone for longer every time; and who sold what an invoice says.

create table sweeps (
    order_id uuid not null,
    what     text not null,
    times    integer not null check (times > 0),
    next_at  timestamptz not null,
    primary key (order_id, what)
);
comment on table sweeps is 'Where queues are a service, only this says that a message may be on its way.';
comment on column sweeps.what is 'What the order was stuck for.';
comment on column sweeps.next_at is 'It is left alone until then.';

alter table invoices add column seller jsonb;
comment on column invoices.seller is
    'As it was when the number was given, so that a document that is printed twice says the same. Null if older than this.';
