-- orders.write_payments
insert into payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at)
select order_id, key, state, amount, currency, authorization_id, code, calls, updated_at, updated_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::integer[],
            $9::timestamptz[])
    as p (order_id, key, state, amount, currency, authorization_id, code, calls, updated_at)
on conflict (order_id) do update
set state = excluded.state, authorization_id = excluded.authorization_id, code = excluded.code,
    calls = excluded.calls, updated_at = excluded.updated_at
