//! What events tell, a shape for the data of each: nothing personal, no payment token. They are kept in
//! `order_events.data` and told again from there, so what is added to one has a default.

mod invoice_issued;
mod order_cancelled;
mod order_confirmed;
mod order_line;
mod order_rejected;
mod order_reserved;
mod order_submitted;
mod payment_authorized;

pub use invoice_issued::InvoiceIssued;
pub use order_cancelled::OrderCancelled;
pub use order_confirmed::OrderConfirmed;
pub use order_line::OrderLine;
pub use order_rejected::OrderRejected;
pub use order_reserved::OrderReserved;
pub use order_submitted::OrderSubmitted;
pub use payment_authorized::PaymentAuthorized;
