-- A shop's past, made by SQL: orders of every end as the pipeline leaves them, whole and as audited. pg_temp.make_history
-- makes so many, numbered from `first_order` on out of `of_all` that are spread evenly over a year that ended yesterday, or if
-- `whole` over so short a time that all is kept of each that is kept for a while only. Every invoice was printed as `printed`.
--
-- Of 100 orders 90 are confirmed, 2 of the rest cancelled, 5 declined and 3 refused for want of stock.

create function pg_temp.make_history(first_order bigint, many bigint, of_all bigint, whole boolean, printed text) returns void
language plpgsql as $$
declare
    days constant double precision := case when whole then 28 else 365 end;
begin
    create temp table if not exists articles as
    select row_number() over (order by sku collate "C") - 1 as place, sku, name, price, tax_rate_bp from products;
    create unique index if not exists articles_by_place on articles (place);
    analyze articles;
    create temp table if not exists made (
        n bigint, id uuid, created timestamptz, kind text, lines jsonb, net bigint, tax bigint, total bigint,
        customer text, email text, ship_to jsonb, facts jsonb, key text, version integer);
    truncate made;

    insert into made
    select o.n,
           (lpad(to_hex((extract(epoch from o.created) * 1000)::bigint), 12, '0') || '7'
               || substr(o.noise, 1, 3) || '8' || substr(o.noise, 4, 15))::uuid,
           o.created, o.kind, l.lines, l.net, l.tax, l.net + l.tax, o.customer, o.customer || '@example.com',
           jsonb_build_object('name', 'Zoë Müller ' || (o.n % 5000), 'line1', 'Lange Straße ' || (o.n % 200),
                              'city', 'Hannover', 'postal_code', '30159', 'country', 'DE'),
           jsonb_build_object('currency', 'EUR', 'total', jsonb_build_object('amount', l.net + l.tax, 'currency', 'EUR'),
                              'lines', l.told),
           null, case o.kind when 'confirmed' then 5 when 'cancelled' then 6 when 'declined' then 3 else 2 end
    from (
        select n, md5('order ' || n) as noise,
               date_trunc('milliseconds', sluice_now() - (days + 1 - n * days / of_all) * interval '1 day') as created,
               case when n % 100 < 2 then 'cancelled' when n % 100 < 7 then 'declined'
                    when n % 100 < 10 then 'scarce' else 'confirmed' end as kind,
               'history-customer-' || (n * 7919 % 100003) as customer
        from generate_series(first_order, first_order + many - 1) as n
    ) as o
    cross join lateral (
        select jsonb_agg(line order by place) as lines, jsonb_agg(told order by place) as told,
               (select sum(basis)::bigint from unnest(array_agg(basis)) as basis) as net,
               (select sum(div(rated.basis * rated.rate + 5000, 10000))::bigint
                from (select rate, sum(basis) as basis from unnest(array_agg(basis), array_agg(rate)) as r (basis, rate)
                      group by rate) as rated) as tax
        from (
            select k as place, a.price * (1 + k % 3) as basis, a.tax_rate_bp as rate,
                   jsonb_build_object('sku', a.sku, 'quantity', 1 + k % 3) as told,
                   jsonb_build_object('sku', a.sku, 'name', a.name, 'quantity', 1 + k % 3, 'unit_price', a.price,
                                      'tax_rate_bp', a.tax_rate_bp)
                   || case when o.kind = 'scarce' then '{}' else '{"warehouse": "main"}'::jsonb end as line
            from generate_series(0, o.n % 5) as k
            join articles a on a.place = (o.n * 7 + k * 613) % (select count(*) from articles)
        ) as one
    ) as l;
    update made set key = 'order-' || id || '-authorize-1';
    analyze made;

    insert into orders (id, customer, status, reason, version, currency, net, tax, total, lines, email,
                        shipping_address, payment_method, reserved_until, invoiced, created_at, updated_at)
    select id, customer, case kind when 'declined' then 'rejected' when 'scarce' then 'rejected' else kind end,
           case kind when 'declined' then 'payment_declined' when 'scarce' then 'out_of_stock' end, version, 'EUR', net,
           tax, total, lines, email, ship_to, 'pm_card_visa', case when kind <> 'scarce' then created + interval '30 minutes' end,
           kind in ('confirmed', 'cancelled'), created, created + interval '1 second'
    from made order by id;

    insert into order_events (order_id, sequence, name, occurred_at, data)
    select m.id, e.sequence, e.name, m.created + interval '1 second', e.data
    from made m
    cross join lateral (values
        (1, 'OrderSubmitted', m.facts, true),
        (2, 'OrderReserved', m.facts, m.kind <> 'scarce'),
        (2, 'OrderRejected', '{"reason": "out_of_stock", "reserved": false}', m.kind = 'scarce'),
        (3, 'OrderRejected', '{"reason": "payment_declined", "reserved": true}', m.kind = 'declined'),
        (3, 'PaymentAuthorized', jsonb_build_object('amount', m.facts -> 'total'), m.version >= 5),
        (4, 'OrderConfirmed', m.facts, m.version >= 5),
        (5, 'InvoiceIssued', jsonb_build_object('href', '/v1/orders/' || m.id || '/invoice'), m.version >= 5),
        (6, 'OrderCancelled', '{"was": "confirmed", "reserved": true}', m.kind = 'cancelled')
    ) as e (sequence, name, data, happened)
    where e.happened order by m.id, e.sequence;

    insert into payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at)
    select id, key, case kind when 'confirmed' then 'authorized' when 'cancelled' then 'voided' else 'declined' end,
           total, 'EUR', case when version >= 5 then 'pi_' || md5(key) end,
           case when kind = 'declined' then 'card_declined' end, 1, created, created + interval '1 second'
    from made where kind <> 'scarce' order by id;
    insert into sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at)
    select key, 'pi_' || md5(key), id::text, total, 'EUR',
           case kind when 'confirmed' then 'authorized' when 'cancelled' then 'canceled' else 'declined' end,
           case when kind = 'declined' then 'card_declined' end, 1, created, created
    from made where kind <> 'scarce' order by id;

    insert into invoice_series (series, year, last)
    select distinct 'main', extract(year from created)::integer, 0 from made where version >= 5 on conflict do nothing;
    insert into invoices (order_id, series, year, number, issued_on, stored_at, seller, specimen, size, sha256)
    select m.id, 'main', s.year, s.last + row_number() over (partition by s.year order by m.id), m.created::date,
           m.created + interval '1 second',
           '{"name": "Shop", "line1": "1 Street", "postal_code": "1", "city": "Town", "country": "DE"}',
           true,
           length(printed), sha256(convert_to(printed, 'UTF8'))
    from made m join invoice_series s on s.series = 'main' and s.year = extract(year from m.created)
    where m.version >= 5;
    update invoice_series s set last = i.last
    from (select year, max(number) as last from invoices where order_id in (select id from made) group by year) as i
    where s.series = 'main' and s.year = i.year;

    insert into order_search_slices (slice, first_id)
    select placed.n / 16384, placed.id from made as placed where placed.n % 16384 = 0 and placed.n > 0;
    insert into order_search (order_id, version, status, document)
    select o.id, o.version, o.status,
           to_tsvector('simple', regexp_replace(
               concat_ws(' ', o.email, o.shipping_address ->> 'name',
                         (select string_agg(concat_ws(' ', line ->> 'sku', line ->> 'name'), ' ')
                          from jsonb_array_elements(o.lines) as line)),
               '[^[:alnum:]]+', ' ', 'g'))
    from orders o join made m on m.id = o.id order by o.id;

    insert into warehouse_feed (warehouse, order_id, sequence, event, told_at)
    select 'main', m.id, e.sequence,
           jsonb_build_object(
               'specversion', '1.0', 'id', gen_random_uuid(), 'source', 'sluice/local', 'type', e.type,
               'subject', m.id, 'time', m.created, 'sequence', e.sequence, 'datacontenttype', 'application/json',
               'data', jsonb_build_object('order_id', m.id, 'warehouse', 'main', 'lines', m.facts -> 'lines')
                   || case when e.sequence = 4 then jsonb_build_object('ship_to', m.ship_to) else '{}' end),
           m.created + interval '1 second'
    from made m
    cross join lateral (values (4, 'sluice.OrderConfirmed.v1', m.version >= 5),
                               (6, 'sluice.OrderCancelled.v1', m.version >= 6)) as e (sequence, type, happened)
    where e.happened order by m.id, e.sequence;
    insert into dispatches (order_id, told) select id, case when version = 6 then 6 else 4 end from made where version >= 5;

    insert into executions (id, workflow, status, state, version, started_at, stopped_at, output)
    select id, 'checkout', 'succeeded', jsonb_build_object('order_id', id, 'state', repeat(md5(id::text), 20)), 4,
           created, created + interval '1 second', jsonb_build_object('order_id', id)
    from made where kind <> 'scarce' and created > sluice_now() - interval '90 days' order by id;
    insert into execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output)
    select e.id, 1, s.n, s.state, e.started_at, e.stopped_at, jsonb_build_object('order_id', e.id),
           jsonb_build_object('order_id', e.id, 'events', jsonb_build_array(m.facts))
    from made m join executions e on e.id = m.id
    cross join (values (1, 'AuthorizePayment'), (2, 'Paid?'), (3, 'ConfirmOrder')) as s (n, state);

    insert into submissions (id, customer, key, fingerprint, request, accepted_at, stored_at)
    select id, customer, 'history-' || n, decode(md5(key) || md5(key), 'hex'),
           jsonb_build_object('currency', 'EUR', 'lines', facts -> 'lines', 'email', email, 'shipping_address', ship_to,
                              'payment', '{"method": "pm_card_visa"}'::jsonb), created, created
    from made where created > sluice_now() - interval '30 days' order by id;

    update stock s set reserved = s.reserved + held.units
    from (select line ->> 'sku' as sku, sum((line ->> 'quantity')::bigint) as units
          from made m cross join lateral jsonb_array_elements(m.lines) as line
          where m.kind = 'confirmed' group by 1) as held
    where s.sku = held.sku and s.warehouse = 'main';
    insert into forgotten (what, before) values ('executions', sluice_now() - interval '90 days') on conflict do nothing;
    -- Each was settled in its time.
    delete from closings where order_id in (select id from made);
end $$;
