-- The time at which an execution is due has had a second meaning since claim and renewal write it.
comment on column executions.wake_at is
    'When it is due, while nobody has it in hand: those due longest come first, whether they begin or go on. While somebody has
     it in hand: since when, because a lease may be renewed for ever; a process of release 0.1.0 leaves it as it was.';
