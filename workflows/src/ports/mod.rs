//! What the steps need from outside, each port narrow and described by what its callers may rely on.
//!
//! A transaction never crosses a port. Every call takes a batch and is safe to repeat.

mod catalogue;
mod documents;
mod intake;
mod messages;
mod orders;
mod payments;
mod retention;
mod search;
mod system;
mod unavailable;
mod warehouses;

pub use catalogue::{Catalogue, CatalogueCopy};
pub use documents::{Documents, Filed, InvoicePrinter, InvoiceReader, Look};
pub use intake::{Acceptance, Intake, Submission};
pub use messages::{EventBus, OutgoingMessage, Queue, Workflows};
pub use orders::{Applied, Dispatch, Numbered, OrderList, Orders, Reservation, Sweep};
pub use payments::{Authorization, AuthorizationRequest, BookEntry, PaymentProvider, ProviderError};
pub use retention::{Bite, Kept, Retention};
pub use search::{Rebuilt, Search};
pub use system::{Chance, Clock, Ids, Readiness};
pub use unavailable::Unavailable;
pub use warehouses::{Notice, Warehouses};
