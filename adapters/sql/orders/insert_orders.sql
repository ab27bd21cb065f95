-- orders.insert_orders: an order that somebody stored meanwhile is left out, and missed by the caller; by id, so that of two
-- who store the same orders none waits for the other in a circle
insert into orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email,
                    shipping_address, billing_address, payment_method, reserved_until, traceparent, created_at,
                    updated_at)
select id, customer, status, reason, detail, version, currency, net, tax, total, lines, email,
       shipping_address, nullif(billing_address, 'null'::jsonb), payment_method,
       case when status = 'reserved' then sluice_now() + $2::bigint * interval '1 second' end, traceparent,
       created_at, updated_at
from jsonb_to_recordset($1) as o (
    id uuid, customer text, status text, reason text, detail text, version integer, currency text, net bigint,
    tax bigint, total bigint, lines jsonb, email text, shipping_address jsonb, billing_address jsonb,
    payment_method text, traceparent text, created_at timestamptz, updated_at timestamptz)
order by id
on conflict (id) do nothing
returning id, reserved_until
