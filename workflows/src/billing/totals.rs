//! Adds up what lines cost, in one place: the order's total and the invoice must come from the same function, or they
//! will differ by a cent one day.

use schemas::kept::{StoredLine, TaxCategory};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the amount of a line depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePrice {
    /// Pieces, at least 1.
    pub quantity: i64,
    /// Price of one piece in minor units, at least 0.
    pub unit_price: i64,
    /// Tax rate in basis points: 2000 is 20 %.
    pub tax_rate: u32,
    /// Why the rate is what it is.
    pub category: TaxCategory,
    /// Whether the price includes the tax.
    pub includes_tax: bool,
}

impl LinePrice {
    /// A price without tax, of a product of which no more than the rate is known.
    #[must_use]
    pub fn net(quantity: i64, unit_price: i64, tax_rate: u32) -> Self {
        Self { quantity, unit_price, tax_rate, category: TaxCategory::of(tax_rate), includes_tax: false }
    }

    /// That of an order's line; none for a SKU that the catalogue did not know, or that has no price in the currency. A rate
    /// that is missing is not taken for none: nobody said that it is not taxed.
    #[must_use]
    pub fn of(line: &StoredLine) -> Option<Self> {
        let tax_rate = line.tax_rate_bp?;
        Some(Self {
            quantity: line.quantity,
            unit_price: line.unit_price?,
            tax_rate,
            category: line.tax_category.unwrap_or(TaxCategory::of(tax_rate)),
            includes_tax: line.price_includes_tax,
        })
    }

    /// The price of one piece without tax, in ten-thousandths of a minor unit, rounded half up.
    #[must_use]
    pub fn net_unit_price(&self) -> i128 {
        let price = i128::from(self.unit_price) * 10_000;
        if !self.includes_tax {
            return price;
        }
        half_up(price * 10_000, i128::from(10_000 + u64::from(self.tax_rate)))
    }
}

/// The amounts of an order or invoice, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Net amount of each line, in their order.
    pub lines: Vec<i64>,
    /// The tax by rate and category, the highest rate first.
    pub taxes: Vec<TaxSubtotal>,
    /// Sum of the lines, without tax.
    pub net: i64,
    /// Sum of the taxes.
    pub tax: i64,
    /// What is to be paid: `net + tax`.
    pub gross: i64,
}

/// The tax of all lines that share a rate and a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxSubtotal {
    /// Rate in basis points.
    pub rate: u32,
    /// Why it is that.
    pub category: TaxCategory,
    /// Sum of the net amounts taxed at this rate.
    pub basis: i64,
    /// The tax, rounded half up to a minor unit: once for the rate, not for each line.
    pub tax: i64,
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

/// What was summed up for one rate and category. Sums of 64-bit numbers cannot overflow 128 bits.
struct Group {
    rate: u32,
    category: TaxCategory,
    /// Of lines whose price is without tax.
    net: i128,
    /// Of lines whose price includes the tax, and which lines those are.
    gross: i128,
    gross_lines: Vec<usize>,
}

/// Adds up lines. Tax is computed once for each rate, on the sum of its lines, and rounded half up: of net prices it is
/// added, of prices that include it it is taken out, so that what is paid is exactly the sum of those prices. The nets
/// of the latter are what is left, each within a minor unit of its exact value.
///
/// # Errors
/// [`TotalsError::OutOfRange`] for a line that no order may have, [`TotalsError::Overflow`] for a sum beyond `i64`.
pub fn totals(prices: impl IntoIterator<Item = LinePrice>) -> Result<Totals, TotalsError> {
    let mut lines = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for (line, price) in prices.into_iter().enumerate() {
        if price.quantity < 1 || price.unit_price < 0 {
            return Err(TotalsError::OutOfRange { line });
        }
        let amount = i128::from(price.quantity) * i128::from(price.unit_price);
        lines.push(narrow(amount)?);
        // Few rates exist, so that a search through all is the fastest map.
        let known = groups.iter_mut().find(|group| (group.rate, group.category) == (price.tax_rate, price.category));
        let group = match known {
            Some(group) => group,
            None => {
                let (rate, category) = (price.tax_rate, price.category);
                groups.push(Group { rate, category, net: 0, gross: 0, gross_lines: Vec::new() });
                let Some(group) = groups.last_mut() else { continue };
                group
            }
        };
        if price.includes_tax {
            group.gross += amount;
            group.gross_lines.push(line);
        } else {
            group.net += amount;
        }
    }
    groups.sort_unstable_by_key(|group| (std::cmp::Reverse(group.rate), group.category));
    let mut taxes = Vec::with_capacity(groups.len());
    let (mut net, mut tax) = (0_i128, 0_i128);
    for group in groups {
        let rate = i128::from(group.rate);
        let within = half_up(group.gross * rate, 10_000 + rate);
        share_out(&mut lines, &group.gross_lines, 10_000 + rate, group.gross - within);
        let (basis, due) = (group.net + group.gross - within, half_up(group.net * rate, 10_000) + within);
        taxes.push(TaxSubtotal {
            rate: group.rate,
            category: group.category,
            basis: narrow(basis)?,
            tax: narrow(due)?,
        });
        net += basis;
        tax += due;
    }
    Ok(Totals { lines, taxes, net: narrow(net)?, tax: narrow(tax)?, gross: narrow(net + tax)? })
}

/// Makes the nets of lines from their amounts with tax so that they sum to `net`: each is rounded down, and what is left
/// goes to those that lost most by it.
fn share_out(lines: &mut [i64], places: &[usize], with_tax: i128, net: i128) {
    let mut left = net;
    let mut losses = Vec::with_capacity(places.len());
    for place in places {
        let Some(line) = lines.get_mut(*place) else { continue };
        let exact = i128::from(*line) * 10_000;
        let rounded = exact / with_tax;
        // It is not more than the amount that it was made of.
        *line = i64::try_from(rounded).unwrap_or(*line);
        left -= rounded;
        losses.push((std::cmp::Reverse(exact % with_tax), *place));
    }
    losses.sort_unstable();
    for (_, place) in losses.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        if let Some(line) = lines.get_mut(place) {
            *line += 1;
        }
    }
}

fn half_up(amount: i128, by: i128) -> i128 {
    (2 * amount + by) / (2 * by)
}

fn narrow(amount: i128) -> Result<i64, TotalsError> {
    i64::try_from(amount).map_err(|_| TotalsError::Overflow)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn line(quantity: i64, unit_price: i64, tax_rate: u32) -> LinePrice {
        LinePrice::net(quantity, unit_price, tax_rate)
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
        let rates: Vec<_> = sum.taxes.iter().map(|tax| (tax.rate, tax.category.code())).collect();
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

    fn gross(quantity: i64, unit_price: i64, tax_rate: u32) -> LinePrice {
        LinePrice { includes_tax: true, ..line(quantity, unit_price, tax_rate) }
    }

    #[test]
    fn a_price_that_includes_tax_is_what_is_paid() {
        // Net prices reach neither at 19 %.
        for price in [400_000, 999] {
            assert_eq!(totals([gross(1, price, 1900)]).unwrap().gross, price);
        }
        let sum = totals([gross(1, 999, 1900)]).unwrap();
        assert_eq!((sum.net, sum.tax, sum.lines), (839, 160, vec![839]));
    }

    #[test]
    fn the_nets_of_lines_that_include_tax_add_up_to_the_basis() {
        // Each is 8.3949...; three of them 25.18, so that two are rounded down and one up.
        let sum = totals([gross(1, 999, 1900), gross(1, 999, 1900), gross(1, 999, 1900), line(1, 100, 1900)]).unwrap();
        assert_eq!(sum.lines, [840, 839, 839, 100]);
        assert_eq!(sum.taxes, [TaxSubtotal { rate: 1900, category: TaxCategory::Standard, basis: 2618, tax: 498 }]);
        assert_eq!(sum.gross, 3 * 999 + 119);
    }

    #[test]
    fn categories_of_one_rate_are_kept_apart() {
        let of = |category| LinePrice { category, ..line(1, 100, 0) };
        let sum = totals([of(TaxCategory::Export), line(1, 100, 0), of(TaxCategory::Exempt), of(TaxCategory::Export)]);
        let bases: Vec<_> = sum.unwrap().taxes.iter().map(|tax| (tax.category.code(), tax.basis)).collect();
        assert_eq!(bases, [("Z", 100), ("E", 100), ("G", 200)]);
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
        fn whatever_includes_tax_sums_to_what_is_paid(
            prices in prop::collection::vec((1..1_000_i64, 0..10_000_000_i64, prop::sample::select(vec![0_u32, 1, 550, 700, 1900, 10_000])), 1..40)
        ) {
            let sum = totals(prices.iter().map(|&(quantity, price, rate)| gross(quantity, price, rate))).unwrap();
            prop_assert_eq!(sum.gross, prices.iter().map(|(quantity, price, _)| quantity * price).sum::<i64>());
            prop_assert_eq!(sum.lines.iter().sum::<i64>(), sum.net);
            for (net, (quantity, price, rate)) in sum.lines.iter().zip(prices) {
                let exact = i128::from(quantity * price) * 10_000;
                let off = i128::from(*net) * i128::from(10_000 + rate) - exact;
                prop_assert!(off.abs() < i128::from(10_000 + rate), "a line is off by a unit or more");
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
