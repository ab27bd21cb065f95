-- Durable queues with the semantics of SQS, workflow executions, and the processes that work on both.

-- A process of the embedded runtime. It holds the advisory lock of its id on a connection of its own: the lock is free
-- as soon as the process or its connection is gone, and what it had in hand can be taken up at once.
create table instances (
    id         bigint generated always as identity primary key,
    started_at timestamptz not null default now()
);

create table messages (
    id            bigint generated always as identity primary key,
    queue         text not null,
    subject       uuid,
    body          jsonb not null,
    visible_at    timestamptz not null default now(),
    receive_count integer not null default 0,
    abandoned     integer not null default 0,
    instance      bigint,
    sent_at       timestamptz not null default now(),
    last_error    text
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
comment on column messages.queue is 'A dead-letter queue is a queue too: the name of its source with -dlq behind.';
comment on column messages.subject is 'The order it is about.';
comment on column messages.visible_at is 'Received messages are hidden until then; if nobody deletes them, they come again.';
comment on column messages.abandoned is 'How often a process died with it in hand; such deliveries are not counted above.';
comment on column messages.instance is 'Who has it in hand.';
create index messages_in_hand on messages (instance) where instance is not null;
create index messages_due on messages (queue, visible_at, id);

create table executions (
    id          uuid primary key,
    workflow    text not null,
    status      text not null check (status in ('running', 'succeeded', 'failed')),
    state       jsonb not null,
    version     integer not null default 0,
    attempt     integer not null default 1,
    wake_at     timestamptz,
    instance    bigint,
    output      jsonb,
    error       text,
    cause       text,
    started_at  timestamptz not null,
    stopped_at  timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
comment on column executions.id is 'The order: starting it twice is starting it once.';
comment on column executions.state is 'All that the interpreter needs to go on.';
comment on column executions.attempt is 'One that failed and was set going again begins anew under the next number.';
comment on column executions.wake_at is 'When it is to go on, while nobody has it in hand.';
create index executions_due on executions (wake_at) where status = 'running' and instance is null;
create index executions_in_hand on executions (instance) where status = 'running' and instance is not null;

create table execution_history (
    execution_id uuid not null,
    attempt      integer not null,
    sequence     integer not null,
    state        text not null,
    entered_at   timestamptz not null,
    left_at      timestamptz,
    input        jsonb not null,
    output       jsonb,
    error        text,
    cause        text,
    primary key (execution_id, attempt, sequence)
);

-- Whoever puts messages on a queue rings for who waits there, after the commit. A redrive comes from a command that ends
-- at once, and rarely, so the database rings for it.
create function wake_redriven() returns trigger language plpgsql as $$
begin
    perform pg_notify('sluice', new.queue);
    return null;
end $$;
create trigger wake_redriven after update on messages for each row
    when (old.queue like '%-dlq' and new.queue <> old.queue) execute function wake_redriven();
