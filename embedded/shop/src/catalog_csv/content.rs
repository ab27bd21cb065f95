//! What a catalogue file says, as a hash: by it a file is recognised that was imported before, whoever saved it again since.
//! So it goes by the rows as they were understood, and not by the bytes, in which line ends, quotes, the order of columns and
//! rows, and the zeros of a number make a difference that means nothing.

use super::{CatalogFile, CatalogRow};
use schemas::kept::TaxCategory;
use sha2::{Digest, Sha256};

/// A change of what is hashed, or how, is a new one: a file of before must not be taken for one that says something else.
const FORM: &[u8] = b"sluice catalogue 1";

impl CatalogFile {
    /// SHA-256 of what the file says: of its good rows, and of which columns it has.
    #[must_use]
    pub fn content(&self) -> [u8; 32] {
        let mut rows: Vec<&CatalogRow> = self.rows.iter().collect();
        // No two rows have one SKU.
        rows.sort_unstable_by(|a, b| a.sku.cmp(&b.sku));
        let mut hash = Sha256::new();
        field(&mut hash, FORM);
        for said in [self.said.category, self.said.exemption_reason, self.said.price_includes_tax] {
            field(&mut hash, &[u8::from(said)]);
        }
        for row in rows {
            let terms = &row.tax_terms;
            field(&mut hash, row.sku.as_bytes());
            field(&mut hash, row.name.as_bytes());
            field(&mut hash, &row.price_minor.to_be_bytes());
            field(&mut hash, row.currency.as_bytes());
            field(&mut hash, &row.tax_rate_bp.to_be_bytes());
            field(&mut hash, &row.stock.to_be_bytes());
            field(&mut hash, terms.category.map_or("", TaxCategory::as_str).as_bytes());
            field(&mut hash, terms.exemption_reason.as_deref().unwrap_or_default().as_bytes());
            field(&mut hash, &[u8::from(terms.price_includes_tax)]);
        }
        hash.finalize().into()
    }
}

/// With its length before it, so that no field reads as a part of its neighbour.
fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::read;

    fn content(file: &str) -> [u8; 32] {
        read(file.as_bytes()).unwrap().content()
    }

    #[test]
    fn the_same_rows_in_another_spelling_are_the_same_content() {
        let written = "sku,name,price,currency,tax_rate,stock\nTEA,Tea & more,12.50,EUR,19,10\nCUP,Cup,3,EUR,7,0\n";
        for (how, again) in [
            ("CRLF", written.replace('\n', "\r\n")),
            ("a byte order mark", format!("\u{feff}{written}")),
            ("quotes", written.replace("Tea & more", "\"Tea & more\"").replace("sku", "\"sku\"")),
            ("no end of the last line", written.trim_end().to_owned()),
            ("an empty row", format!("{written},,,,,\n")),
            ("another header", written.replace("sku,name", "SKU, Name")),
            ("zeros", written.replace("12.50", "12.5").replace(",10\n", ",10.0\n").replace(",19,", ",19.00,")),
            ("white space", written.replace("Tea & more", "  Tea  & more ")),
            (
                "another order of columns, and of rows",
                "stock,name,sku,tax_rate,currency,price\n0,Cup,CUP,7,EUR,3\n10,Tea & more,TEA,19,EUR,12.50\n".to_owned(),
            ),
            (
                "a column that nobody reads",
                "colour,sku,name,price,currency,tax_rate,stock\nred,TEA,Tea & more,12.50,EUR,19,10\n,CUP,Cup,3,EUR,7,0\n"
                    .to_owned(),
            ),
        ] {
            assert_eq!(content(&again), content(written), "{how}");
        }
    }

    #[test]
    fn whatever_a_file_says_otherwise_is_another_content() {
        let header = "sku,name,price,currency,tax_rate,stock,tax_category,tax_exemption_reason,price_includes_tax";
        let written = format!("{header}\nTEA,Tea,12.50,EUR,0,10,exempt,Why,\n");
        let changed = [
            written.replace("TEA", "TEE"),
            written.replace(",Tea,", ",Teas,"),
            written.replace("12.50", "12.51"),
            written.replace("EUR", "USD"),
            written.replace(",0,10,exempt,Why,", ",1,10,,,"),
            written.replace(",10,", ",11,"),
            written.replace(",exempt,", ",export,"),
            written.replace("Why", "Because"),
            written.replace("Why,", "Why,true"),
            written.replace("exempt,Why", ","),
            format!("{header}\n"),
            format!("{written}CUP,Cup,1,EUR,0,0,,,\n"),
        ];
        let mut seen = vec![content(&written)];
        for file in changed {
            let content = content(&file);
            assert!(!seen.contains(&content), "{file}");
            seen.push(content);
        }
        // A column that is there and empty sets the default, one that is not leaves what products have.
        let silent = "sku,name,price,currency,tax_rate,stock\nTEA,Tea,12.50,EUR,0,10\n";
        let empty = format!("{header}\nTEA,Tea,12.50,EUR,0,10,,,\n");
        assert_ne!(content(silent), content(&empty));
    }
}
