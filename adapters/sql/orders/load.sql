-- orders.load
select o.id as "id!", o.customer as "customer!", o.status as "status!", o.reason, o.detail,
       o.version as "version!", o.currency as "currency!", o.total,
       o.lines as "lines!: Json<Box<RawValue>>", o.email as "email!",
       o.shipping_address as "shipping_address!: Json<Box<RawValue>>",
       o.billing_address as "billing_address: Json<Box<RawValue>>",
       o.payment_method as "payment_method!", o.reserved_until as "reserved_until: Timestamp",
       o.cancel_requested_at as "cancel_requested_at: Timestamp", o.traceparent, o.created_at as "created_at!: Timestamp",
       greatest(o.updated_at, p.updated_at) as "updated_at!: Timestamp",
       p.key as "payment_key?", p.state as "payment_state?", p.amount as "payment_amount?",
       p.authorization_id as "authorization_id?", p.code as "payment_code?", p.calls as "payment_calls?",
       i.year as "invoice_year?", i.number as "invoice_number?", i.issued_on as "issued_on?: Day",
       i.stored_at is not null as "is_stored!"
from orders o
left join payments p on p.order_id = o.id and p.order_id = any($1)
left join invoices i on i.order_id = o.id and i.order_id = any($1)
where o.id = any($1)
