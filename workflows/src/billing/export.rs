//! Whether goods are exported: that goes by the territory in which the EU's rules of VAT hold (Articles 5 to 8 of Directive
//! 2006/112/EC), which is not quite that of its members' country codes.

use schemas::{
    address::{Address, postal_code_signs},
    kept::{Party, TaxCategory},
};

/// What of an address tells where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// Empty where there is none.
    pub postal_code: &'a str,
}

/// The members of the EU, and Monaco, which counts as France; sorted.
const MEMBERS: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Parts of members that are outside, by how their postal codes begin: Heligoland and Büsingen; Greenland; the Canary
/// Islands, Ceuta and Melilla; Åland; what of France lies overseas; Mount Athos; Livigno and Campione d'Italia. Many of them
/// have country codes too, which are no members'.
const OUTSIDE: [(&str, &[&str]); 7] = [
    ("DE", &["27498", "78266"]),
    ("DK", &["39"]),
    ("ES", &["35", "38", "51", "52"]),
    ("FI", &["22"]),
    ("FR", &["97", "986", "987", "988"]),
    ("GR", &["63086", "63087"]),
    ("IT", &["23041", "22061"]),
];

impl Location<'_> {
    /// Whether goods there are in the EU for VAT.
    #[must_use]
    pub fn is_in_eu(self) -> bool {
        let code = postal_code_signs(self.postal_code);
        // People write GB-BT1 1AA, D-27498 and AX-22100 as well.
        if self.country == "GB" {
            // Goods in Northern Ireland are; its postal codes are those of Belfast.
            return code.strip_prefix("GB").unwrap_or(&code).starts_with("BT");
        }
        let code: String = code.chars().filter(char::is_ascii_digit).collect();
        let outside = OUTSIDE.iter().filter(|(country, _)| *country == self.country);
        let is_outside = outside.flat_map(|(_, areas)| *areas).any(|area| code.starts_with(area));
        MEMBERS.contains(&self.country) && !is_outside
    }
}

/// Whether goods of a seller that are delivered there are exported: from the EU to somewhere outside of it, or by a seller
/// who is outside to any other country.
#[must_use]
pub fn is_export(seller: Location<'_>, delivered: Location<'_>) -> bool {
    if seller.is_in_eu() { !delivered.is_in_eu() } else { delivered.country != seller.country }
}

/// What an invoice may call a line of that category: only a seller with a VAT number has exports (BR-G-02), and the same
/// goods are merely exempt if another sells them (BR-E-02).
#[must_use]
pub fn sold_by(category: TaxCategory, seller: &Party) -> TaxCategory {
    match category {
        TaxCategory::Export if seller.vat_id.is_none() => TaxCategory::Exempt,
        TaxCategory::Standard | TaxCategory::Zero | TaxCategory::Exempt | TaxCategory::Export => category,
    }
}

impl<'a> From<&'a Party> for Location<'a> {
    fn from(party: &'a Party) -> Self {
        Self { country: &party.country, postal_code: &party.postal_code }
    }
}

impl<'a> From<&'a Address> for Location<'a> {
    fn from(address: &'a Address) -> Self {
        Self { country: &address.country, postal_code: &address.postal_code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location<'a>(country: &'a str, postal_code: &'a str) -> Location<'a> {
        Location { country, postal_code }
    }

    #[test]
    fn the_territory_of_vat_is_not_that_of_the_country_codes() {
        for (country, postal_code, inside) in [
            ("DE", "10115", true),
            ("DE", "27498", false),
            ("DE", "D-78266", false),
            ("FR", "75001", true),
            ("FR", "97400", false),
            ("RE", "97400", false),
            ("FR", "98000", true),
            ("MC", "98000", true),
            ("ES", "28001", true),
            ("ES", "35 001", false),
            ("ES", "52001", false),
            ("ES", "3\u{a0}5-001", false),
            ("ES", "E-35001", false),
            ("DE", "７８２６６", false),
            ("DE", "2 74 98", false),
            ("IT", "I-23\u{2009}041", false),
            ("FI", "AX-22 100", false),
            ("FI", "\u{200b}22100", false),
            ("GR", "630 86", false),
            ("FR", "9 7400", false),
            ("PT", "9000-001", true),
            ("FI", "00100", true),
            ("FI", "22100", false),
            ("AX", "22100", false),
            ("IT", "23041", false),
            ("IT", "23030", true),
            ("GR", "63086", false),
            ("DK", "3900", false),
            ("DK", "2100", true),
            ("IE", "", true),
            ("GB", "BT1 1AA", true),
            ("GB", "bt1 1aa", true),
            ("GB", "B T1 1AA", true),
            ("GB", "BT-1 1AA", true),
            ("GB", "ＢＴ１ 1AA", true),
            ("GB", "\u{a0}ｂ\u{3000}t1", true),
            ("GB", "GB-BT1 1AA", true),
            ("GB", "B1 1AA", false),
            ("GB", "B1 T1A", false),
            ("GB", "", false),
            ("CH", "8001", false),
            ("NO", "0001", false),
            ("US", "97001", false),
        ] {
            assert_eq!(location(country, postal_code).is_in_eu(), inside, "{country} {postal_code}");
        }
    }

    #[test]
    fn an_export_leaves_the_eu_or_the_country_of_a_seller_outside() {
        let (berlin, london, belfast) = (location("DE", "10115"), location("GB", "N1"), location("GB", "BT1"));
        for (seller, delivered, export) in [
            (berlin, location("DE", "30159"), false),
            (berlin, location("FR", "75001"), false),
            (berlin, belfast, false),
            (berlin, london, true),
            (berlin, location("ES", "38001"), true),
            (belfast, berlin, false),
            (belfast, location("US", "10001"), true),
            (london, berlin, true),
            (london, location("US", "10001"), true),
            (london, location("GB", "M1"), false),
        ] {
            assert_eq!(is_export(seller, delivered), export, "{seller:?} {delivered:?}");
        }
    }
}
