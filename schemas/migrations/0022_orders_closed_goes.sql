-- Closed orders that are not settled stand in closings. Each close paid for this index. Release 0.1.0 reads closed orders
-- without it, and finds the same.

drop index orders_closed;
