-- queue.depths: of each queue at most so many messages are counted, those that are due first, so that a backlog of any
-- length costs the same. A message that was sent at no moment has no age.
select q.name as "queue!", d.messages as "messages!", d.oldest as "oldest_seconds!"
from unnest($1::text[]) as q (name)
cross join lateral (
    select count(*) as messages,
           coalesce(extract(epoch from sluice_now() - min(first.sent_at) filter (where isfinite(first.sent_at))), 0)::bigint
               as oldest
    from (select m.sent_at from messages m where m.queue = q.name order by m.visible_at limit $2) as first
) as d
