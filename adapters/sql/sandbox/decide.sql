-- sandbox.decide: what stands decided stays; a flaky method leaves its first attempts undecided
insert into sandbox.payment_intents as p (key, id, reference, amount, currency, state, code, attempts)
select key, 'pi_' || md5(key), reference, amount, currency,
       case when failures > 0 then 'requires_payment' else state end, code, 1
from (select distinct on (key) *
      from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::integer[])
          as r (key, reference, amount, currency, state, code, failures)
      order by key) as requests
on conflict (key) do update
set attempts = p.attempts + 1, updated_at = sluice_now(),
    state = case when p.state = 'requires_payment' and p.attempts >= 2 then 'authorized' else p.state end
returning key, id, state, code
