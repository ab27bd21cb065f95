-- orders.write_orders
update orders o
set status = c.status, reason = c.reason, detail = c.detail, version = c.version, updated_at = c.updated_at,
    invoiced = c.invoiced
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::boolean[])
    as c (id, status, reason, detail, version, updated_at, invoiced)
where o.id = any($1) and o.id = c.id
