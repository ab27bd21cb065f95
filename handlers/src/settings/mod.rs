//! Reading the settings that both runtimes have.

pub mod seller;
pub mod values;
mod vat_number;
