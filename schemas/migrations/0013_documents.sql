-- What was printed of each invoice, so that a damaged document is seen and printed again as it was; and why a product is
-- taxed as it is.

alter table invoices
    add column edition     smallint,
    add column specimen    boolean not null default false,
    add column printer     text,
    add column size        bigint,
    add column sha256      bytea check (octet_length(sha256) = 32),
    add column xml_sha256  bytea check (octet_length(xml_sha256) = 32),
    add column unprintable integer;
comment on column invoices.edition is 'By which rules it is worded. Null: as release 0.1.0 words it.';
comment on column invoices.specimen is 'Nobody had said yet who sells, so it says that it is none.';
comment on column invoices.printer is 'The version that printed the document. Null if nobody noted it.';
comment on column invoices.size is 'Of the document, in bytes. Null if nobody noted it.';
comment on column invoices.sha256 is 'Of the document.';
comment on column invoices.xml_sha256 is 'Of the XML in it, which stays the same whoever prints it again.';
comment on column invoices.unprintable is 'How many characters no font has; they are right in the XML.';

create table documents_checked (
    single boolean primary key default true check (single),
    year   integer not null,
    number integer not null
);
comment on table documents_checked is 'Up to which invoice the documents were looked at.';

alter table products
    add column tax_category         text,
    add column tax_exemption_reason text,
    add column price_includes_tax   boolean not null default false;
comment on column products.tax_category is 'Why the rate is what it is. Null: standard, or zero at 0 %.';
comment on column products.price is 'In minor units; net, unless it includes the tax.';
