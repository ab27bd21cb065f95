//! Why an invoice has no file: of every part of the printer, so it stands below them all.

use thiserror::Error;
use workflows::billing::TotalsError;

/// Why an invoice has no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RenderError {
    /// The lines have no total.
    #[error("the invoice has no total")]
    Totals(#[from] TotalsError),
    /// A font that is part of the program is damaged.
    #[error("a font that is part of the program cannot be embedded")]
    Font,
}
