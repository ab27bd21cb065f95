-- Orders, the catalogue, the stock, the money and the invoices: what the pipeline promises is kept here.

-- What the API has accepted. On AWS this is a DynamoDB table, so nothing below refers to it.
create table submissions (
    id          uuid primary key,
    customer    text not null,
    key         text not null,
    fingerprint bytea not null,
    request     jsonb not null,
    accepted_at timestamptz not null,
    unique (customer, key)
);
comment on column submissions.id is 'The id of the order that comes of it.';
comment on column submissions.fingerprint is 'SHA-256 of the request: another request under the same key is refused.';
create index submissions_newest_first on submissions (customer, id desc);
create index submissions_by_age on submissions using brin (accepted_at);

create table products (
    sku         text primary key,
    name        text not null,
    currency    text not null,
    price       bigint not null check (price >= 0),
    tax_rate_bp integer not null check (tax_rate_bp between 0 and 10000),
    trigrams    text[] not null,
    updated_at  timestamptz not null
);
comment on column products.price is 'Net, in minor units.';
comment on column products.trigrams is 'Of the SKU and the name, for a search that forgives typing errors.';
create index products_by_trigram on products using gin (trigrams);

create table stock (
    sku       text not null references products,
    warehouse text not null,
    received  bigint not null default 0 check (received >= 0),
    shipped   bigint not null default 0 check (shipped >= 0),
    reserved  bigint not null default 0 check (reserved >= 0),
    on_hand   bigint generated always as (received - shipped) stored,
    free      bigint generated always as (received - shipped - reserved) stored,
    primary key (sku, warehouse),
    constraint nothing_oversold check (received - shipped - reserved >= 0)
) with (fillfactor = 50);
comment on table stock is 'Half of each page is left free: a hot SKU is updated in place, without touching an index.';

create table stock_receipts (
    id          uuid primary key,
    sku         text not null references products,
    warehouse   text not null,
    quantity    bigint not null check (quantity > 0),
    source      text not null,
    received_at timestamptz not null
);
comment on table stock_receipts is 'Every unit that ever came in; the audit adds them up against the stock.';
create index stock_receipts_by_sku on stock_receipts (sku, warehouse);

create table orders (
    id                  uuid primary key,
    customer            text not null,
    status              text not null check (status in
        ('reserved', 'in_review', 'confirmed', 'shipped', 'rejected', 'cancelled', 'refunded')),
    reason              text,
    detail              text,
    version             integer not null check (version > 0),
    currency            text not null,
    net                 bigint,
    tax                 bigint,
    total               bigint,
    lines               jsonb not null,
    email               text not null,
    shipping_address    jsonb not null,
    billing_address     jsonb,
    payment_method      text not null,
    reserved_until      timestamptz,
    cancel_requested_at timestamptz,
    invoiced            boolean not null default false,
    traceparent         text,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    constraint refused_for_a_reason check ((status = 'rejected') = (reason is not null))
) with (fillfactor = 70);
comment on column orders.version is 'The sequence of the order''s last event.';
comment on column orders.lines is
    'One array of {sku, name?, quantity, unit_price?, tax_rate_bp?, warehouse?}: read and written whole, always.';
create index orders_newest_first on orders (customer, id desc);
create index orders_holding_stock on orders (reserved_until) where status in ('reserved', 'in_review');
create index orders_to_cancel on orders (cancel_requested_at)
    where cancel_requested_at is not null and status in ('reserved', 'in_review', 'confirmed');

create index orders_to_invoice on orders (updated_at) where status = 'confirmed' and not invoiced;
create index orders_closed on orders (updated_at) where status in ('rejected', 'cancelled');

create table order_events (
    order_id    uuid not null references orders,
    sequence    integer not null check (sequence > 0),
    name        text not null,
    occurred_at timestamptz not null,
    data        jsonb not null,
    primary key (order_id, sequence)
);

create table payments (
    order_id         uuid primary key references orders,
    key              text not null unique,
    state            text not null check (state in ('pending', 'authorized', 'declined', 'voided')),
    amount           bigint not null,
    currency         text not null,
    authorization_id text unique,
    code             text,
    calls            integer not null default 0,
    created_at       timestamptz not null,
    updated_at       timestamptz not null
);
comment on column payments.key is 'What every call to the provider for this order carries, stored before the first.';
comment on column payments.calls is 'How often the provider was asked for the money.';

create table invoice_series (
    series text not null,
    year   integer not null,
    last   integer not null check (last >= 0),
    primary key (series, year)
);
comment on column invoice_series.last is 'Raised in the transaction that writes the invoices, so numbers have no gap.';

create table invoices (
    order_id  uuid primary key references orders,
    series    text not null,
    year      integer not null,
    number    integer not null check (number > 0),
    issued_on date not null,
    stored_at timestamptz,
    unique (series, year, number),
    foreign key (series, year) references invoice_series
);
comment on column invoices.stored_at is 'When its PDF was known to be in the document store.';
create index invoices_unstored on invoices (order_id) where stored_at is null;
