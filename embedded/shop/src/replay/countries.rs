//! The data set names countries as its shop's clerks did; an address needs ISO 3166-1 alpha-2.

/// What a country's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Country {
    /// A country of that name.
    Named(&'static str),
    /// The name is no country's; this one stands in so that the order has an address.
    Assumed {
        /// The name, spelled in one way.
        name: &'static str,
        /// The country that stands in.
        code: &'static str,
    },
}

impl Country {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Named(code) | Self::Assumed { code, .. } => code,
        }
    }
}

/// The country of that name, or nothing if the name is unknown. `Channel Islands` is Jersey, the larger of the two;
/// `Unspecified` is the shop's own country, `European Community` the seat of most of its bodies, `West Indies` the
/// largest of the islands.
pub(super) fn country_of(name: &str) -> Option<Country> {
    let code = match name.trim().to_lowercase().as_str() {
        "unspecified" | "" => return Some(Country::Assumed { name: "Unspecified", code: "GB" }),
        "european community" => return Some(Country::Assumed { name: "European Community", code: "BE" }),
        "west indies" => return Some(Country::Assumed { name: "West Indies", code: "JM" }),
        "australia" => "AU",
        "austria" => "AT",
        "bahrain" => "BH",
        "belgium" => "BE",
        "bermuda" => "BM",
        "brazil" => "BR",
        "canada" => "CA",
        "channel islands" => "JE",
        "cyprus" => "CY",
        "czech republic" | "czechia" => "CZ",
        "denmark" => "DK",
        "eire" | "ireland" => "IE",
        "estonia" => "EE",
        "finland" => "FI",
        "france" => "FR",
        "germany" => "DE",
        "greece" => "GR",
        "hong kong" => "HK",
        "hungary" => "HU",
        "iceland" => "IS",
        "israel" => "IL",
        "italy" => "IT",
        "japan" => "JP",
        "korea" | "south korea" => "KR",
        "latvia" => "LV",
        "lebanon" => "LB",
        "lithuania" => "LT",
        "luxembourg" => "LU",
        "malta" => "MT",
        "netherlands" => "NL",
        "new zealand" => "NZ",
        "nigeria" => "NG",
        "norway" => "NO",
        "poland" => "PL",
        "portugal" => "PT",
        "romania" => "RO",
        "rsa" | "south africa" => "ZA",
        "saudi arabia" => "SA",
        "singapore" => "SG",
        "slovakia" => "SK",
        "slovenia" => "SI",
        "spain" => "ES",
        "sweden" => "SE",
        "switzerland" => "CH",
        "thailand" => "TH",
        "turkey" => "TR",
        "united arab emirates" | "uae" => "AE",
        "united kingdom" | "uk" => "GB",
        "usa" | "united states" => "US",
        _ => return None,
    };
    Some(Country::Named(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_clerks_wrote_them_become_codes() {
        for (name, expected) in [
            ("United Kingdom", Some(Country::Named("GB"))),
            (" EIRE ", Some(Country::Named("IE"))),
            ("RSA", Some(Country::Named("ZA"))),
            ("Channel Islands", Some(Country::Named("JE"))),
            ("Unspecified", Some(Country::Assumed { name: "Unspecified", code: "GB" })),
            ("", Some(Country::Assumed { name: "Unspecified", code: "GB" })),
            ("European Community", Some(Country::Assumed { name: "European Community", code: "BE" })),
            ("Atlantis", None),
        ] {
            assert_eq!(country_of(name), expected, "{name}");
        }
    }
}
