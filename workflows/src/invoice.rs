//! What an invoice says, and the one place where its amounts are added up: the order's total and the invoice must come
//! from the same function, or they will differ by a cent one day. The rules are those of EN 16931.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::Date;
use uuid::Uuid;

/// An invoice as issued: all that is printed and all that goes into its XML. Amounts are integer minor units of
/// `currency`; `minor_digits` tells how many of their digits are decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDocument {
    /// The number in its series, such as `2026-000123`.
    pub number: String,
    /// The date of issue.
    pub issued: Date,
    /// The order that is invoiced.
    pub order: Uuid,
    /// ISO 4217 code.
    pub currency: String,
    /// Decimals of the currency: 0 (JPY), 2 (EUR) or 3 (KWD). EN 16931 allows two in its XML, so an invoice with three is
    /// exact but breaks its rules BR-DEC-*.
    pub minor_digits: u8,
    /// Who sells. EN 16931 (BR-S-02, BR-Z-02) wants its VAT number.
    pub seller: Party,
    /// Who pays.
    pub buyer: Party,
    /// Where the goods go, if not to the buyer's address.
    pub ship_to: Option<Party>,
    /// What is sold, in the order of printing.
    pub lines: Vec<InvoiceLine>,
    /// How the total is, or was, paid.
    pub payment: Payment,
}

/// A company or a person with an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Full name.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// Further part of the address.
    pub line2: Option<String>,
    /// Postal code, empty where there is none.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// ISO 3166 alpha-2 code.
    pub country: String,
    /// VAT number with its country prefix.
    pub vat_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// How an invoice is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payment {
    /// Charged to the card or wallet given with the order: nothing is due.
    Prepaid {
        /// The payment provider's reference.
        reference: String,
    },
    /// To be transferred.
    Transfer {
        /// The account to pay to.
        iban: String,
        /// The last day to pay without default.
        due: Date,
    },
}

/// One line: a quantity of one product at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// The seller's article number.
    pub sku: String,
    /// What it is called on the invoice.
    pub name: String,
    /// Quantity, unit price and tax rate.
    #[serde(flatten)]
    pub price: LinePrice,
}

/// What the amount of a line depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePrice {
    /// Pieces, at least 1.
    pub quantity: i64,
    /// Price of one piece without tax in minor units, at least 0.
    pub unit_price: i64,
    /// Tax rate in basis points: 2000 is 20 %.
    pub tax_rate: u32,
}

/// The amounts of an order or invoice, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Net amount of each line, in their order.
    pub lines: Vec<i64>,
    /// The tax by rate, the highest rate first.
    pub taxes: Vec<TaxSubtotal>,
    /// Sum of the lines, without tax.
    pub net: i64,
    /// Sum of the taxes.
    pub tax: i64,
    /// What is to be paid: `net + tax`.
    pub gross: i64,
}

/// The tax of all lines that share a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxSubtotal {
    /// Rate in basis points.
    pub rate: u32,
    /// Sum of the net amounts taxed at this rate.
    pub basis: i64,
    /// The tax, rounded half up to a minor unit: once for the rate, not for each line.
    pub tax: i64,
}

impl TaxSubtotal {
    /// The category that goes with the rate.
    #[must_use]
    pub fn category(&self) -> VatCategory {
        VatCategory::of(self.rate)
    }
}

/// VAT category, of which this seller uses two (UNTDID 5305).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VatCategory {
    /// A rate above zero.
    Standard,
    /// Taxed at 0 %.
    ZeroRated,
}

impl VatCategory {
    /// The category of a rate in basis points.
    #[must_use]
    pub fn of(rate: u32) -> Self {
        if rate == 0 { Self::ZeroRated } else { Self::Standard }
    }

    /// Its code, `S` or `Z`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::ZeroRated => "Z",
        }
    }
}

/// Why lines have no total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TotalsError {
    /// A quantity below 1 or a price below 0.
    #[error("line {line}: the quantity must be at least 1 and the price at least 0")]
    OutOfRange {
        /// Index of the line, from 0.
        line: usize,
    },
    /// An amount does not fit into 64 bits.
    #[error("the amounts are too large to add up")]
    Overflow,
}

/// Adds up lines. A line's net is quantity times price, exactly; tax is computed once for each rate on the sum of its
/// nets and rounded half up; the gross total is the sum of all nets and all taxes.
///
/// # Errors
/// [`TotalsError::OutOfRange`] for a line that no order may have, [`TotalsError::Overflow`] for a sum beyond `i64`.
pub fn totals(prices: impl IntoIterator<Item = LinePrice>) -> Result<Totals, TotalsError> {
    let mut lines = Vec::new();
    let mut bases: Vec<(u32, i128)> = Vec::new();
    for (line, price) in prices.into_iter().enumerate() {
        if price.quantity < 1 || price.unit_price < 0 {
            return Err(TotalsError::OutOfRange { line });
        }
        let net = i128::from(price.quantity) * i128::from(price.unit_price);
        lines.push(narrow(net)?);
        // Few rates exist, so that a search through all is the fastest map. Sums of 64-bit numbers cannot overflow
        // 128 bits.
        match bases.iter_mut().find(|(rate, _)| *rate == price.tax_rate) {
            Some((_, basis)) => *basis += net,
            None => bases.push((price.tax_rate, net)),
        }
    }
    bases.sort_unstable_by_key(|(rate, _)| std::cmp::Reverse(*rate));
    let mut taxes = Vec::with_capacity(bases.len());
    let (mut net, mut tax) = (0_i128, 0_i128);
    for (rate, basis) in bases {
        let due = (basis * i128::from(rate) + 5_000) / 10_000;
        taxes.push(TaxSubtotal { rate, basis: narrow(basis)?, tax: narrow(due)? });
        net += basis;
        tax += due;
    }
    Ok(Totals { lines, taxes, net: narrow(net)?, tax: narrow(tax)?, gross: narrow(net + tax)? })
}

fn narrow(amount: i128) -> Result<i64, TotalsError> {
    i64::try_from(amount).map_err(|_| TotalsError::Overflow)
}

impl InvoiceDocument {
    /// The amounts of this invoice.
    ///
    /// # Errors
    /// As [`totals`].
    pub fn totals(&self) -> Result<Totals, TotalsError> {
        totals(self.lines.iter().map(|line| line.price))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn line(quantity: i64, unit_price: i64, tax_rate: u32) -> LinePrice {
        LinePrice { quantity, unit_price, tax_rate }
    }

    #[test]
    fn tax_is_rounded_once_for_each_rate_and_half_up() {
        // Three times 0.25 of a minor unit would round to nothing line by line; together 0.75 make one.
        let sum = totals([line(1, 5, 500), line(1, 5, 500), line(1, 5, 500)]).unwrap();
        assert_eq!((sum.net, sum.tax, sum.gross), (15, 1, 16));
        assert_eq!(totals([line(1, 10, 500)]).unwrap().tax, 1, "half a unit goes up");
        assert_eq!(totals([line(1, 9, 500)]).unwrap().tax, 0);
    }

    #[test]
    fn rates_are_kept_apart_highest_first() {
        let sum = totals([line(1, 100, 0), line(2, 100, 2000), line(1, 100, 700)]).unwrap();
        let rates: Vec<_> = sum.taxes.iter().map(|tax| (tax.rate, tax.category().code())).collect();
        assert_eq!(rates, [(2000, "S"), (700, "S"), (0, "Z")]);
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_not_a_wrong_amount() {
        assert_eq!(totals([line(i64::MAX, 2, 0)]), Err(TotalsError::Overflow));
        assert_eq!(totals([line(1, i64::MAX, 0), line(1, 1, 0)]), Err(TotalsError::Overflow));
        assert_eq!(totals([line(1, i64::MAX, 1)]), Err(TotalsError::Overflow));
        assert_eq!(totals([line(i64::MAX, i64::MAX, u32::MAX)]), Err(TotalsError::Overflow));
        assert_eq!(totals([line(1, 1, 0), line(0, 1, 0)]), Err(TotalsError::OutOfRange { line: 1 }));
        assert_eq!(totals([line(1, -1, 0)]), Err(TotalsError::OutOfRange { line: 0 }));
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole(
            prices in prop::collection::vec((1..1_000_000_i64, 0..10_000_000_i64, prop::sample::select(vec![0_u32, 1, 550, 700, 1999, 2000, 2500])), 0..40)
        ) {
            let prices: Vec<_> = prices.into_iter().map(|(quantity, price, rate)| line(quantity, price, rate)).collect();
            let sum = totals(prices.iter().copied()).unwrap();
            prop_assert_eq!(sum.lines.iter().sum::<i64>(), sum.net);
            prop_assert_eq!(sum.taxes.iter().map(|tax| tax.basis).sum::<i64>(), sum.net);
            prop_assert_eq!(sum.taxes.iter().map(|tax| tax.tax).sum::<i64>(), sum.tax);
            prop_assert_eq!(sum.net + sum.tax, sum.gross);
            for tax in &sum.taxes {
                let exact = i128::from(tax.basis) * i128::from(tax.rate);
                let off = i128::from(tax.tax) * 10_000 - exact;
                prop_assert!(-5_000 < off && off <= 5_000, "rounded by more than half a unit: {:?}", tax);
            }
        }

        #[test]
        fn the_order_of_lines_changes_no_sum(mut prices in prop::collection::vec((1..100_i64, 0..100_000_i64, 0..3000_u32), 1..20)) {
            let add = |prices: &[(i64, i64, u32)]| totals(prices.iter().map(|&(quantity, price, rate)| line(quantity, price, rate))).unwrap();
            let before = add(&prices);
            prices.reverse();
            let after = add(&prices);
            prop_assert_eq!((before.gross, before.taxes), (after.gross, after.taxes));
        }
    }
}
