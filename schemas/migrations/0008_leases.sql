-- Leases: whoever takes a message or an execution in hand has it until a time that the database's clock judges, and renews
-- it while at work. A process that falls silent loses what it has in hand, whatever its connection looks like.

-- The one clock by which leases, timers and reservations are judged. A plain expression, so that the planner puts it in
-- place of the call; replaced, it sets the clock for tests.
create function sluice_now() returns timestamptz language sql stable parallel safe as 'select pg_catalog.now()';

alter table instances alter column started_at set default sluice_now();
alter table messages
    alter column visible_at set default sluice_now(),
    alter column sent_at set default sluice_now(),
    add column deliveries integer not null default 0;
comment on column messages.visible_at is
    'When it is due. While somebody has it in hand, this is the end of the lease: renewed, or it comes again.';
comment on column messages.abandoned is
    'How often a delivery was ended by nobody: the process died or fell silent, or never had the answer. Such deliveries
     are not counted in receive_count.';
comment on column messages.instance is 'Who has it in hand. Still there after visible_at, the lease has lapsed.';
comment on column messages.deliveries is
    'How often it was ever delivered. With the id and the instance it is the receipt, which none but the last is.';

alter table executions
    alter column wake_at set default sluice_now(),
    add column leased_until timestamptz;
comment on column executions.wake_at is
    'When it is due, while nobody has it in hand: those due longest come first, whether they begin or go on.';
comment on column executions.leased_until is
    'Until when it is in the hand of its instance, unless that renews it. Null with an instance: it is in the hand of a
     process of the release before leases, for as long as that holds its lock.';
comment on column executions.version is
    'Raised whenever it is taken in hand and whenever progress is stored, so that one hand at a time moves it.';

alter table warehouse_feed alter column told_at set default sluice_now();
alter table sandbox.payment_intents
    alter column created_at set default sluice_now(),
    alter column updated_at set default sluice_now();
