-- executions.claim
with due as (
    select id from executions
    where status = 'running' and instance is null and (wake_at is null or wake_at <= now())
    order by wake_at nulls first
    limit $2
    for update skip locked
)
update executions e set instance = $1
from due where e.id = due.id
returning e.id, e.version, e.state
