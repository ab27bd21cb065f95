-- executions.recognise: progress that is stored already, by a call whose answer was lost
select e.id
from unnest($1::uuid[], $2::bigint[], $3::integer[], $4::jsonb[]) as c (id, instance, version, state)
join executions e on e.id = c.id
where e.id = any($1) and e.instance = c.instance and e.version = c.version + 1 and e.state = c.state
