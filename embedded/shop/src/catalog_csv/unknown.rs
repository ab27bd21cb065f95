//! Columns of a catalogue file that nobody reads. Most are of no matter here; but one that was meant for ours and is misspelt
//! costs money, since products then keep their terms of tax, or get the usual ones.

use super::{
    columns::{COLUMNS, OPTIONAL},
    problem::Quoted,
};
use std::fmt;

/// A column of the file that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// As the header writes it.
    pub name: String,
    /// Ours that is spelt nearly so and that the file does not have.
    pub meant: Option<&'static str>,
}

impl fmt::Display for UnknownColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Quoted(&self.name))?;
        match self.meant {
            Some(meant) => write!(f, " (is {meant} meant?)"),
            None => Ok(()),
        }
    }
}

/// Those among the names of a header that lacks some of ours.
pub(super) fn unknown(names: &[&str], absent: &[&'static str]) -> Vec<UnknownColumn> {
    let ours = |name: &str| COLUMNS.iter().chain(&OPTIONAL).any(|column| name.eq_ignore_ascii_case(column));
    let written = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty() && !ours(name));
    let meant = |name| nearest(name, absent.iter().copied());
    written.map(|name| UnknownColumn { name: name.to_owned(), meant: meant(name) }).collect()
}

/// The column that is fewest slips of the pen away, if they are few for its length.
fn nearest(name: &str, columns: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let name = name.to_lowercase().replace([' ', '-', '.'], "_");
    let slips = columns.filter(|column| name.len() <= 2 * column.len()).map(|column| (distance(&name, column), column));
    slips.filter(|(slips, column)| *slips <= column.len() / 4).min().map(|(_, column)| column)
}

/// How many letters are to be put in, left out or replaced to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above, letter) in one.chars().enumerate() {
        let (mut corner, mut left) = (above, above + 1);
        let mut next = vec![left];
        for (against, up) in other.chars().zip(row.iter().skip(1)) {
            left = (corner + usize::from(letter != against)).min(left + 1).min(up + 1);
            corner = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_counted() {
        for (one, other, slips) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("tax_catgory", "tax_category", 1),
            ("price_include_tax", "price_includes_tax", 1),
            ("kitten", "sitting", 3),
            ("ü", "u", 1),
        ] {
            assert_eq!(distance(one, other), slips, "{one} {other}");
        }
    }

    #[test]
    fn a_column_is_suggested_when_it_is_near_and_not_there() {
        for (name, meant) in [
            ("tax_catgory", Some("tax_category")),
            ("Tax Category", Some("tax_category")),
            ("price_include_tax", Some("price_includes_tax")),
            ("Prices-Include-Tax", Some("price_includes_tax")),
            ("tax_exempt_reason", Some("tax_exemption_reason")),
            ("colour", None),
            ("category", None),
            ("weight", None),
            ("prices", None),
        ] {
            let found = unknown(&[" SKU ", name, "", " "], &OPTIONAL);
            assert_eq!(found, [UnknownColumn { name: name.to_owned(), meant }]);
        }
        let there = unknown(&["tax_category", "tax_catgory"], &OPTIONAL[1..]);
        assert_eq!(there, [UnknownColumn { name: "tax_catgory".to_owned(), meant: None }]);
        let long = "x".repeat(500_000);
        assert_eq!(unknown(&[&long], &OPTIONAL), [UnknownColumn { name: long.clone(), meant: None }]);
    }
}
