-- messages_by_time (0030) is in its place.
drop index messages_due;
