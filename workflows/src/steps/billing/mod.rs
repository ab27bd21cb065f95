//! Invoices: issued once, and kept as they were issued.

mod filing_conflict;
pub mod inspect_document;
pub mod invoice_ports;
pub mod issue_invoices;
pub mod keep_documents;
mod mend_document;
mod print_invoice;
