-- Numbers of invoices that were given before the database was put back to an earlier state, so that no invoice of it has
-- them: they are noted, or whoever audits the series would find a gap for ever.

create table lost_invoices (
    series   text not null,
    year     integer not null,
    number   integer not null check (number > 0),
    noted_at timestamptz not null default sluice_now(),
    primary key (series, year, number)
);
comment on table lost_invoices is 'Their documents are in the store, and their orders in no table.';
