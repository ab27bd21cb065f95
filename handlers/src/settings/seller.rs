//! Who sells, as an installation says it: checked like an address, because whatever is wrong in it is wrong on every
//! invoice. The rules named are those of EN 16931.

use crate::settings::vat_number;
use schemas::{
    country::{country_name, has_postal_codes},
    kept::Party,
    text::{is_blank, is_unprintable},
};
use serde::Deserialize;
use workflows::billing::{Seller, TimeZone};

/// Far above any name or address.
const LONGEST: usize = 200;

/// What `SLUICE_SELLER` holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    name: String,
    line1: String,
    line2: Option<String>,
    postal_code: Option<String>,
    city: String,
    country: String,
    vat_id: Option<String>,
    tax_number: Option<String>,
    legal_id: Option<String>,
    email: Option<String>,
}

/// Who sells, by `SLUICE_SELLER` (a JSON object) and `SLUICE_TIME_ZONE`. Where nobody said who, it is an example, and
/// invoices are specimens.
///
/// # Errors
/// A sentence that says what they must be.
pub fn seller(json: Option<&str>, time_zone: Option<&str>) -> Result<Seller, String> {
    let time_zone = match time_zone {
        Some(name) => name.parse().map_err(|error| format!("SLUICE_TIME_ZONE is {name:?}; it {error}"))?,
        None => TimeZone::default(),
    };
    let Some(text) = json else {
        return Ok(Seller { time_zone, ..unnamed() });
    };
    let setting: Setting = serde_json::from_str(text).map_err(|error| {
        format!(
            "SLUICE_SELLER must be a JSON object with name, line1, city, country and, as far as there are, line2, \
             postal_code, vat_id, tax_number, legal_id and email: {error}"
        )
    })?;
    let problems = setting.problems();
    if problems.is_empty() {
        Ok(Seller { party: setting.into_party(), time_zone, specimen: false })
    } else {
        Err(format!("SLUICE_SELLER: {}", problems.join("; ")))
    }
}

/// An example in place of a seller, in UTC: invoices are specimens.
pub fn unnamed() -> Seller {
    Seller { party: example_party(), time_zone: TimeZone::default(), specimen: true }
}

impl Setting {
    fn problems(&self) -> Vec<String> {
        let always = [("name", &self.name), ("line1", &self.line1), ("city", &self.city), ("country", &self.country)];
        let perhaps = [
            ("line2", &self.line2),
            ("postal_code", &self.postal_code),
            ("vat_id", &self.vat_id),
            ("tax_number", &self.tax_number),
            ("legal_id", &self.legal_id),
            ("email", &self.email),
        ];
        let perhaps = perhaps.into_iter().filter_map(|(name, text)| text.as_ref().map(|text| (name, text)));
        let mut problems: Vec<String> = always
            .into_iter()
            .chain(perhaps)
            .filter(|(_, text)| !is_text(text))
            .map(|(name, _)| {
                format!("{name} must be a text of 1 to {LONGEST} characters that can be printed, or be left out")
            })
            .collect();
        // BR-CL-14.
        if country_name(&self.country).is_none() {
            problems.push("country must be an ISO 3166-1 code of two capitals, such as DE".to_owned());
        } else if self.postal_code.is_none() && has_postal_codes(&self.country) {
            // EN 16931 can do without; Article 226 of 2006/112/EC wants the full address, and XRechnung's BR-DE-4 this of it.
            problems.push(format!("postal_code is missing; addresses in {} have one", self.country));
        }
        if let Some(problem) = self.vat_id.as_deref().and_then(vat_number::problem) {
            problems.push(format!("vat_id {problem}"));
        }
        match (&self.vat_id, &self.tax_number, &self.legal_id) {
            // BR-S-02, BR-Z-02, BR-E-02, BR-CO-26.
            (None, None, _) | (None, _, None) => {
                problems.push("vat_id is missing; a seller who has none gives tax_number and legal_id".to_owned());
            }
            (Some(_), _, _) | (None, Some(_), Some(_)) => {}
        }
        if self.email.as_ref().is_some_and(|email| !is_email(email)) {
            problems.push("email must be an address such as billing@example.com".to_owned());
        }
        problems
    }

    fn into_party(self) -> Party {
        Party {
            name: self.name,
            line1: self.line1,
            line2: self.line2,
            postal_code: self.postal_code.unwrap_or_default(),
            city: self.city,
            country: self.country,
            vat_id: self.vat_id,
            tax_number: self.tax_number,
            legal_id: self.legal_id,
            email: self.email,
        }
    }
}

/// Whether a text can stand in an invoice as it is.
fn is_text(text: &str) -> bool {
    !is_blank(text) && text.chars().count() <= LONGEST && !text.chars().any(is_unprintable)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// A seller that is recognisable as an example.
fn example_party() -> Party {
    Party {
        name: "Sluice Example Shop GmbH".to_owned(),
        line1: "Musterstraße 1".to_owned(),
        line2: None,
        postal_code: "10115".to_owned(),
        city: "Berlin".to_owned(),
        country: "DE".to_owned(),
        vat_id: Some("DE123456789".to_owned()),
        tax_number: None,
        legal_id: None,
        email: Some("billing@example.com".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{Value, json};

    /// A good seller with some members given another value, or, by null, taken away.
    fn changed(changes: Value) -> String {
        let mut seller = json!({
            "name": "Tea Ltd", "line1": "1 High Street", "line2": "Floor 2", "postal_code": "N1", "city": "London",
            "country": "GB", "vat_id": "GB123456789", "email": "billing@tea.example"
        });
        for (name, value) in changes.as_object().unwrap() {
            seller[name] = value.clone();
        }
        seller.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        seller.to_string()
    }

    #[test]
    fn a_seller_is_taken_as_it_is_given() {
        let seller = seller(Some(&changed(json!({}))), Some("Europe/London")).unwrap();
        assert_eq!((seller.party.name.as_str(), seller.specimen), ("Tea Ltd", false));
        assert_eq!(format!("{:?}", seller.time_zone), "Europe/London");
        for good in [
            json!({ "line2": null, "email": null }),
            json!({ "name": "Tea ☕\u{fe0f} 葛\u{e0100}城" }),
            json!({ "country": "HK", "postal_code": null, "city": "Kowloon" }),
            json!({ "vat_id": null, "tax_number": "27/123/45678", "legal_id": "HRB 12345 B" }),
            json!({ "vat_id": "EL123456789", "country": "GR" }),
            json!({ "vat_id": "ATU12345678", "tax_number": "1" }),
            json!({ "vat_id": "GB 123 4567 89" }),
            json!({ "vat_id": "CHE-123.456.789 MWST", "country": "CH", "postal_code": "8001" }),
            json!({ "vat_id": "NO 123 456 789 MVA", "country": "NO", "postal_code": "0151" }),
            json!({ "country": "IE", "postal_code": null, "vat_id": "IE1234567WA" }),
        ] {
            let read = super::seller(Some(&changed(good.clone())), None);
            assert!(read.is_ok_and(|seller| !seller.specimen), "{good}");
        }
    }

    #[test]
    fn whatever_would_be_wrong_on_every_invoice_is_refused_by_name() {
        for (bad, named) in [
            (json!({ "vat_id": null }), "vat_id is missing"),
            (json!({ "vat_id": null, "tax_number": "1" }), "vat_id is missing"),
            (json!({ "vat_id": null, "legal_id": "1" }), "vat_id is missing"),
            (json!({ "vat_id": "123456789" }), "vat_id must begin"),
            (json!({ "vat_id": "ZZ123456789" }), "vat_id must begin"),
            (json!({ "vat_id": "DE12" }), "vat_id is none of DE, whose numbers are written like DE123456789"),
            (json!({ "vat_id": "DE 123 456 789" }), "vat_id is none of DE"),
            (json!({ "vat_id": "NO" }), "vat_id must go on behind NO"),
            (json!({ "postal_code": null }), "postal_code is missing; addresses in GB have one"),
            (json!({ "country": "DE", "postal_code": null }), "postal_code is missing"),
            (json!({ "vat_id": "é123456789" }), "vat_id must begin"),
            (json!({ "vat_id": "" }), "vat_id must be a text"),
            (json!({ "country": "Germany" }), "country must be"),
            (json!({ "country": "UK" }), "country must be"),
            (json!({ "country": "gb" }), "country must be"),
            (json!({ "name": "" }), "name must be a text"),
            (json!({ "name": " \t" }), "name must be a text"),
            (json!({ "name": "\u{ffff}" }), "name must be a text"),
            (json!({ "name": "\u{3164}" }), "name must be a text"),
            (json!({ "city": "\u{2800} " }), "city must be a text"),
            (json!({ "city": "a\u{0}" }), "city must be a text"),
            (json!({ "name": "Tea\u{ad}Ltd" }), "name must be a text"),
            (json!({ "name": "Tea\u{200b}Ltd" }), "name must be a text"),
            (json!({ "name": "Tea\u{fdd0}" }), "name must be a text"),
            (json!({ "line1": "1\u{fffd} High Street" }), "line1 must be a text"),
            (json!({ "line2": "" }), "line2 must be a text"),
            (json!({ "postal_code": "" }), "postal_code must be a text"),
            (json!({ "line1": "x".repeat(201) }), "line1 must be a text"),
            (json!({ "email": "billing" }), "email must be"),
            (json!({ "line1": null }), "missing field `line1`"),
            (json!({ "vatid": "GB123456789" }), "unknown field `vatid`"),
        ] {
            let error = seller(Some(&changed(bad.clone())), None).unwrap_err();
            assert!(error.starts_with("SLUICE_SELLER") && error.contains(named), "{bad}: {error}");
        }
        assert!(seller(Some("Tea Ltd"), None).is_err());
        let both = seller(Some(&changed(json!({ "country": "UK", "name": "" }))), None).unwrap_err();
        assert!(both.contains("name") && both.contains("country"), "all is said at once: {both}");
    }

    #[test]
    fn without_a_seller_invoices_are_specimens() {
        assert!(seller(None, None).unwrap().specimen);
    }

    #[test]
    fn a_time_zone_that_there_is_not_is_refused() {
        let error = seller(None, Some("Europe/Atlantis")).unwrap_err();
        assert!(error.contains("SLUICE_TIME_ZONE") && error.contains("Europe/Berlin"), "{error}");
    }
}
