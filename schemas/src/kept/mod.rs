//! What is kept as JSON in columns and in messages. A row outlives the release that wrote it, and releases run side by
//! side, so what is added to a shape has a default, and nothing is renamed or taken away. `tests/golden` holds each shape
//! against what every release wrote.

mod accepted_order;
mod checkout_input;
mod execution;
mod fulfilment_order;
mod held_units;
mod order_message;
mod party;
mod payload_reference;
mod stored_line;
mod swept_for;
mod task_output;
mod tax_category;

pub use accepted_order::AcceptedOrder;
pub use checkout_input::CheckoutInput;
pub use execution::{ErrorOutput, Execution, ExecutionStatus, Identity, LastError, Phase};
pub use fulfilment_order::{FulfilmentLine, FulfilmentOrder};
pub use held_units::HeldUnits;
pub use order_message::OrderMessage;
pub use party::Party;
pub use payload_reference::PayloadReference;
pub use stored_line::StoredLine;
pub use swept_for::SweptFor;
pub use task_output::{PaymentOutput, StatusOutput};
pub use tax_category::{TaxCategory, UnknownTaxCategory};
