//! Money: integer minor units with an ISO 4217 currency. No float touches an amount anywhere.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// An active ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text was no active ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an active ISO 4217 currency code in capitals, such as EUR")]
pub struct UnknownCurrency;

/// ISO 4217 list one of 2026-01-01 without funds, metals and test codes, by the number of decimals.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

// Not derived: the document names every code that is taken.
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let mut codes: Vec<&str> = Currency::codes().collect();
        codes.sort_unstable();
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(codes))
            .description(Some("An active ISO 4217 currency."))
            .examples(["EUR"])
            .into()
    }
}

impl ToSchema for Currency {
    fn name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
}

impl Currency {
    /// The codes of all currencies.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        [TWO, NONE, THREE].into_iter().flat_map(|list| list.split(' '))
    }

    /// The code, such as `EUR`.
    pub fn code(&self) -> &str {
        // The bytes were checked to be ASCII capitals when the value was made.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether an electronic invoice can say its amounts: EN 16931 knows two decimals (BR-DEC-*).
    pub fn can_be_invoiced(&self) -> bool {
        self.minor_digits() <= 2
    }

    /// How many decimals its minor unit has: 0 (JPY), 2 (EUR) or 3 (KWD).
    pub fn minor_digits(&self) -> u8 {
        let listed = |list: &str| list.split(' ').any(|code| code == self.code());
        if listed(NONE) {
            0
        } else if listed(THREE) {
            3
        } else {
            2
        }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::codes().any(|code| code == text);
        match (known, text.as_bytes()) {
            (true, &[a, b, c]) => Ok(Self([a, b, c])),
            (true | false, _) => Err(UnknownCurrency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that may be sent as null, which is as wrong as an empty one and told the same.
pub(crate) fn null_is_no_currency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
    let code = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    code.parse().map_err(de::Error::custom)
}

/// An amount of money in minor units (cents, pence, yen) of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Amount {
    /// Minor units: 1999 is 19.99 EUR, or 1999 JPY, or 1.999 KWD.
    #[serde(deserialize_with = "crate::whole_number::deserialize")]
    #[schema(example = 1999, minimum = 0)]
    pub amount: i64,
    /// ISO 4217.
    #[serde(deserialize_with = "null_is_no_currency")]
    pub currency: Currency,
}

impl fmt::Display for Amount {
    /// Decimal units with the code behind: `19.99 EUR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = u32::from(self.currency.minor_digits());
        let unit = 10_u64.pow(digits);
        let sign = if self.amount < 0 { "-" } else { "" };
        let whole = self.amount.unsigned_abs() / unit;
        let rest = self.amount.unsigned_abs() % unit;
        match digits {
            0 => write!(f, "{sign}{whole} {}", self.currency),
            2 => write!(f, "{sign}{whole}.{rest:02} {}", self.currency),
            _ => write!(f, "{sign}{whole}.{rest:03} {}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn show(amount: i64, code: &str) -> String {
        Amount { amount, currency: code.parse().unwrap() }.to_string()
    }

    #[test]
    fn decimals_follow_the_currency() {
        assert_eq!(show(1999, "EUR"), "19.99 EUR");
        assert_eq!(show(-5, "EUR"), "-0.05 EUR");
        assert_eq!(show(1999, "JPY"), "1999 JPY");
        assert_eq!(show(1999, "KWD"), "1.999 KWD");
        assert_eq!(show(i64::MIN, "KWD"), "-9223372036854775.808 KWD");
    }

    #[test]
    fn only_active_codes_are_currencies() {
        for bad in ["", "eur", "XXX", "DEM", "EU", "EURO", "EUR ", " ", "€"] {
            assert_eq!(bad.parse::<Currency>(), Err(UnknownCurrency), "{bad:?}");
        }
    }
}
