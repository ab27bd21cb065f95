-- The books of the sandbox payment provider: somebody else's database, which the pipeline reads through its port only.

create schema sandbox;

create table sandbox.payment_intents (
    key        text primary key,
    id         text not null unique,
    reference  text not null,
    amount     bigint not null,
    currency   text not null,
    state      text not null check (state in ('requires_payment', 'authorized', 'declined', 'canceled')),
    code       text,
    attempts   integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on column sandbox.payment_intents.key is 'The idempotency key of the caller.';
comment on column sandbox.payment_intents.reference is 'What the caller calls it: the order.';
