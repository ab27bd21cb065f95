//! What the steps need from outside, each port narrow and described by what its callers may rely on.
//!
//! A transaction never crosses a port. Every call takes a batch and is safe to repeat. What is stored of orders has a port for
//! each of those who need it, and not one for all: whoever stands in for it, or in front of it, answers for a call or two.

mod catalogue;
mod dispatches;
mod documents;
mod event_bus;
mod intake;
mod invoice_numbers;
mod invoice_printer;
mod issued_invoices;
mod ledger;
mod order_lists;
mod payment_provider;
mod queue;
mod reservations;
mod retention;
mod search;
mod stuck_orders;
mod system;
mod unavailable;
mod warehouses;
mod workflows;

pub use catalogue::{Catalogue, CatalogueCopy};
pub use dispatches::{Dispatch, Dispatches};
pub use documents::{Documents, Filed};
pub use event_bus::EventBus;
pub use intake::{Acceptance, Intake, Submission};
pub use invoice_numbers::{InvoiceNumbers, Numbered};
pub use invoice_printer::{InvoicePrinter, InvoiceReader};
pub use issued_invoices::{IssuedInvoices, UNASKED};
pub use ledger::{Applied, Ledger};
pub use order_lists::{OrderList, OrderLists};
pub use payment_provider::{Authorization, AuthorizationRequest, BookEntry, PaymentProvider, ProviderError};
pub use queue::{OutgoingMessage, Queue};
pub use reservations::{Reservation, Reservations};
pub use retention::{EXECUTIONS_LIVE, ForgottenChunk, KEYS_LIVE, Retained, Retention, RetentionPeriods};
pub use search::{Rebuilt, Search};
pub use stuck_orders::{LONGEST_PAUSE, StuckOrders, Sweep};
pub use system::{Chance, Clock, Ids, Readiness};
pub use unavailable::Unavailable;
pub use warehouses::{Notice, Warehouses};
pub use workflows::Workflows;
