-- orders.stuck: nobody cares for these any more; what a message or an execution still stands for is not among them
-- Those longest due come first, so that none waits for ever behind others that are found again and again.
-- What is stamped later than now is of a process whose clock is ahead, or of before the database's was set back: it has been
-- waiting for who knows how long.
with found as (
    select o.id, 'unattended' as what, o.updated_at as since
    from orders o
    where o.status = 'reserved' and o.cancel_requested_at is null
      and o.updated_at
          not between sluice_now() - $1::bigint * interval '1 millisecond' and sluice_now() + interval '5 minutes'
      -- By its key, however many executions there ever were.
      and (select e.status from executions e where e.id = o.id) is distinct from 'running'
    union all
    select o.id, 'cancel_forgotten', o.cancel_requested_at
    from orders o
    where o.status in ('reserved', 'in_review', 'confirmed')
      and o.cancel_requested_at
          not between sluice_now() - $1::bigint * interval '1 millisecond' and sluice_now() + interval '5 minutes'
      and not exists (select from messages m where m.subject = o.id and m.queue = any($8::text[]))
    union all
    select o.id, 'uninvoiced', o.updated_at
    from orders o
    where o.status = 'confirmed' and not o.invoiced
      and o.updated_at
          not between sluice_now() - $1::bigint * interval '1 millisecond' and sluice_now() + interval '5 minutes'
      and not exists (select from messages m where m.subject = o.id and m.queue = any($9::text[]))
    union all
    -- Cancelled after it got a number: that is printed all the same, because the series has no blank.
    select o.id, 'uninvoiced', o.updated_at
    from invoices i join orders o on o.id = i.order_id
    where i.stored_at is null and o.status = 'cancelled'
      and o.updated_at
          not between sluice_now() - $1::bigint * interval '1 millisecond' and sluice_now() + interval '5 minutes'
      and not exists (select from messages m where m.subject = o.id and m.queue = any($9::text[]))
    union all
    -- Of closed orders only those that orders.look_at_closings found.
    select c.id, 'unvoided', c.since
    from unnest($4::uuid[], $5::timestamptz[]) as c (id, since)
    where not exists (select from messages m where m.subject = c.id and m.queue = any($10::text[]))
    union all
    select c.id, 'untold', c.since
    from unnest($6::uuid[], $7::timestamptz[]) as c (id, since)
    where not exists (select from messages m where m.subject = c.id and m.queue = any($11::text[]))
),
due as (
    select f.id, f.what, coalesce(s.times, 0) as times,
           row_number() over (partition by f.what order by coalesce(s.next_at, f.since), f.id) as ordinal
    from found f
    left join sweeps s on s.order_id = f.id and s.what = f.what
    where s.next_at is null or s.next_at <= sluice_now()
       or s.next_at > sluice_now() + $3::bigint * interval '1 millisecond'
)
select id as "id!", what as "what!", times as "times!" from due where ordinal <= $2 order by what, ordinal
