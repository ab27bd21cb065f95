//! The names of events: what rules match, what consumers subscribe to, and what `order_events.name` keeps.

use crate::words::{UnknownWord, words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// What happened.
    EventName {
        /// An order was taken up.
        OrderSubmitted = "OrderSubmitted",
        /// Its stock is held.
        OrderReserved = "OrderReserved",
        /// It was refused.
        OrderRejected = "OrderRejected",
        /// The provider holds the money.
        PaymentAuthorized = "PaymentAuthorized",
        /// It is paid for.
        OrderConfirmed = "OrderConfirmed",
        /// It was cancelled.
        OrderCancelled = "OrderCancelled",
        /// It has its invoice.
        InvoiceIssued = "InvoiceIssued",
    }
}
