-- What is due next is looked up along its queue and time alone. With the id behind them the index seems as good as the
-- primary key for finding messages by their id, to a planner that took the table for empty, and is then read whole for each.
create index messages_by_time on messages (queue, visible_at);
