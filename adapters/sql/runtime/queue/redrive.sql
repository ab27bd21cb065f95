-- queue.redrive: sent anew, so that what waits for minutes is told by when somebody last wanted it tried
update messages
set queue = left(queue, -length('-dlq')), receive_count = 0, abandoned = 0, visible_at = sluice_now(),
    sent_at = sluice_now(), instance = null
where queue like '%-dlq' and ($1::bigint is null or id = $1)
  and ($2::text is null or queue in ($2, $2 || '-dlq'))
