-- retention.forget_executions: by id, which is by time; with the history of each. One that is not over stays.
with old as (
    select e.id, e.status <> 'running' and coalesce(e.stopped_at, e.started_at) < $4 as is_over
    from executions e
    where e.id > $1 and e.id < $2
    order by e.id limit $3
),
over as (
    -- An order that still waits may need its execution again; in which states none does, the lifecycle says.
    select old.id from old
    where old.is_over
      and coalesce((select o.status = any($5) from orders o where o.id = old.id), true)
),
history as (
    delete from execution_history h using over where h.execution_id = over.id
),
gone as (
    delete from executions e using over where e.id = over.id returning e.id
)
select (select count(*) from gone) as "gone!",
       (select o.id from old o order by o.id desc limit 1) as "last?"
