//! The data of `InvoiceIssued`.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Which invoice, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceIssued<'o> {
    /// As printed, such as `2026-000042`.
    pub number: Cow<'o, str>,
    /// Its date, such as `2026-11-28`.
    pub issued_on: Cow<'o, str>,
    /// Where the API has the PDF.
    pub href: Cow<'o, str>,
}
