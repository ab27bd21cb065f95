-- An invoice is written when it gets its number, and again when what was printed is noted: with room on its page for the
-- second version, no index is touched.
alter table invoices set (fillfactor = 50);
