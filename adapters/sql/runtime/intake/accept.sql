-- intake.accept: the first of several with one key wins, within the batch and against others
with given as (
    select distinct on (customer, key) *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[], $6::timestamptz[], $7::jsonb[])
        with ordinality as g (id, customer, key, fingerprint, request, accepted_at, body, ordinal)
    order by customer, key, ordinal
),
numbered as (
    select *, nextval('messages_id_seq') as message from (select * from given order by ordinal) as by_ordinal
),
claimed as (
    insert into submissions (id, customer, key, fingerprint, request, accepted_at, message)
    -- Keys in one order, so that of two who bring the same ones none waits for the other in a circle.
    select id, customer, key, fingerprint, request, accepted_at, message from numbered order by customer, key
    on conflict (customer, key) do nothing
    returning id
),
sent as (
    insert into messages (id, queue, subject, body) overriding system value
    select message, $8, id, body from numbered join claimed using (id) order by ordinal
)
select id from claimed
