//! Query parameters: known ones only, each at most once, and a refusal names the one that is wrong. Cursors are opaque,
//! so that what is in them can change.

use super::problem::{Kind, Refusal};
use axum::{extract::Query, http::Uri};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemas::text::is_blank;

/// The most items of a page.
const MOST: i64 = 100;
/// The items of a page if nothing is said.
const USUAL: i64 = 20;
/// The longest cursor: of the longest SKU, four bytes a character.
const LONGEST_CURSOR: usize = 342;
/// The longest text searched for, in characters.
const LONGEST_SEARCH: usize = 200;

/// The parameters of a request.
#[derive(Debug)]
pub(in crate::api) struct Params(Vec<(String, String)>);

fn refuse(detail: String) -> Refusal {
    Refusal::saying(Kind::InvalidParameter, detail)
}

impl Params {
    /// Only `known` ones are let through.
    pub(in crate::api) fn of(uri: &Uri, known: &[&str]) -> Result<Self, Refusal> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Refusal::saying(Kind::InvalidParameter, "the query cannot be read"))?;
        for (place, (name, _)) in pairs.iter().enumerate() {
            let Some(name) = known.iter().find(|k| *k == name) else {
                return Err(refuse(format!("there is an unknown parameter; known here: {}", known.join(", "))));
            };
            if pairs.iter().skip(place + 1).any(|(other, _)| other == name) {
                return Err(refuse(format!("`{name}` must be given once only")));
            }
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter, if it was given.
    pub(in crate::api) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// `limit`: how many items a page has.
    pub(in crate::api) fn limit(&self) -> Result<i64, Refusal> {
        let Some(text) = self.get("limit") else { return Ok(USUAL) };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|limit| digits && (1..=MOST).contains(limit))
            .ok_or_else(|| refuse(format!("`limit` must be 1 to {MOST}")))
    }

    /// `cursor`: what `next_cursor` of the page before said, decoded.
    pub(in crate::api) fn cursor<T>(&self, decode: impl FnOnce(Vec<u8>) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(text) = self.get("cursor").filter(|text| !text.is_empty()) else { return Ok(None) };
        let decoded = if text.len() <= LONGEST_CURSOR { URL_SAFE_NO_PAD.decode(text).ok() } else { None };
        match decoded.and_then(decode) {
            Some(at) => Ok(Some(at)),
            None => Err(refuse("`cursor` must be the `next_cursor` of a page before".into())),
        }
    }

    /// `q`: what is searched for.
    pub(in crate::api) fn search(&self) -> Result<&str, Refusal> {
        let text = self.get("q").map(str::trim).unwrap_or_default();
        let readable = !is_blank(text) && !text.chars().any(char::is_control);
        if readable && text.chars().count() <= LONGEST_SEARCH {
            return Ok(text);
        }
        Err(refuse(format!("`q` must be 1 to {LONGEST_SEARCH} characters, not blank and without control characters")))
    }
}

/// A cursor that says where the next page starts.
pub(in crate::api) fn cursor_of(last: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn params(query: &str) -> Result<Params, Refusal> {
        Params::of(&format!("/x?{query}").parse().unwrap(), &["limit", "cursor", "q"])
    }

    #[test]
    fn a_limit_is_one_to_a_hundred() {
        assert_eq!(params("").unwrap().limit().unwrap(), 20);
        assert_eq!(params("limit=1").unwrap().limit().unwrap(), 1);
        assert_eq!(params("limit=100").unwrap().limit().unwrap(), 100);
        for bad in ["0", "101", "-1", "", "%2B5", "ten", "1e1", "99999999999999999999"] {
            assert!(params(&format!("limit={bad}")).unwrap().limit().is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        assert!(params("page=2").is_err());
        assert!(params("limit=1&limit=2").is_err());
        assert!(params("limit=1&cursor=AA").is_ok());
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let text = format!("cursor={}", cursor_of(b"last"));
        assert_eq!(params(&text).unwrap().cursor(Some).unwrap(), Some(b"last".to_vec()));
        assert_eq!(params("").unwrap().cursor(Some).unwrap(), None);
        assert!(params("cursor=***").unwrap().cursor(Some).is_err());
        assert_eq!(params("cursor=").unwrap().cursor(Some).unwrap(), None, "empty is absent");
        // Another spelling of the same bytes is none of ours.
        assert!(params("cursor=AB").unwrap().cursor(Some).is_err());
        assert!(params(&format!("cursor={}", "A".repeat(342))).unwrap().cursor(Some).is_ok());
        assert!(params(&format!("cursor={}", "A".repeat(343))).unwrap().cursor(Some).is_err());
    }

    #[test]
    fn a_search_has_something_to_search_for() {
        assert_eq!(params("q=+earl%20grey+").unwrap().search().unwrap(), "earl grey");
        for bad in ["q=", "q=%20", "", "q=a%00b", "q=%E2%80%8B", "q=%E3%85%A4%20"] {
            assert!(params(bad).unwrap().search().is_err(), "{bad}");
        }
        assert!(params(&format!("q={}", "x".repeat(201))).unwrap().search().is_err());
    }
}
