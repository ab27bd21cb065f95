//! The body of `POST /v1/orders`: read up to its limit, checked, parsed once. What is wrong with it is said by place and
//! rule, never by quoting it: a body may hold what nobody should see in a log or a screenshot.

mod card_search;
mod faults;
mod pointer;

pub(in crate::api) use pointer::MOST_POINTERS;

use crate::api::{
    buyer::order_body::{
        card_search::Findings,
        faults::{explain, no_objects, note_unknown, whole_body},
    },
    http::problem::{Kind, Refusal, Wanted},
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use schemas::{api::order_request::OrderRequest, fields::FieldError};
use std::{error::Error, io};

/// The most bytes a body may have.
pub(in crate::api) const LARGEST: usize = 256 * 1024;

/// A body that can be accepted.
#[derive(Debug)]
pub(in crate::api) struct OrderBody {
    /// Without fields that were sent empty.
    pub(in crate::api) request: OrderRequest,
    /// The request as it was sent, written anew: the same for every spelling of it, and in every release.
    pub(in crate::api) canonical: Vec<u8>,
    /// SKUs that would pass for a card number, with their pointers: only the catalogue knows which are none.
    pub(in crate::api) suspects: Vec<(String, String)>,
}

/// `application/json`, in UTF-8 if it names a charset.
pub(in crate::api) fn must_be_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.filter(|p| !p.is_empty()).all(|parameter| {
        parameter.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim();
            let value = value.trim().trim_matches('"');
            // Without its hyphen it is no name of IANA's, and what many write.
            let is_utf8 = ["utf-8", "utf8"].iter().any(|charset| value.eq_ignore_ascii_case(charset));
            !name.eq_ignore_ascii_case("charset") || is_utf8
        })
    });
    if json && utf8 {
        return Ok(());
    }
    let refusal = Refusal::saying(Kind::UnsupportedMediaType, "send the order as application/json in UTF-8");
    Err(refusal.wanting(Wanted::Json))
}

/// Not compressed: a small body may become a large one.
pub(in crate::api) fn must_be_plain(headers: &HeaderMap) -> Result<(), Refusal> {
    let plain = |value: &HeaderValue| {
        let mut codings = value.to_str().unwrap_or("?").split(',').map(str::trim);
        codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
    };
    if headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Ok(());
    }
    let refusal = Refusal::saying(Kind::UnsupportedMediaType, "send the body as it is, without a Content-Encoding");
    Err(refusal.wanting(Wanted::Identity))
}

/// The whole body, if it is not too large. One that says its length is refused before it is read.
pub(in crate::api) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::saying(Kind::BodyTooLarge, "a body has at most 262144 bytes");
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if declared.is_some_and(|length: usize| length > LARGEST) {
        return Err(too_large());
    }
    match Limited::new(body, LARGEST).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) if is_late(error.as_ref()) => Err(Refusal::of(Kind::BodyTooSlow)),
        Err(_) => Err(whole_body("the body ended before it was complete")),
    }
}

/// Whether whoever reads bodies gave this one up because it came too slowly.
fn is_late(error: &(dyn Error + 'static)) -> bool {
    let late = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
    late || error.source().is_some_and(is_late)
}

/// The order in it.
pub(in crate::api) fn parse(bytes: &[u8]) -> Result<OrderBody, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| whole_body("the body must be UTF-8"))?;
    let Findings { pointers, skus: suspects, arrays } = card_search::search(text);
    if !pointers.is_empty() {
        return Err(card_numbers(pointers));
    }
    let (request, unknown) = match read_order(text) {
        Ok(_) if !arrays.is_empty() => return Err(no_objects(text, &arrays)),
        Ok(read) => read,
        Err(error) => return Err(explain(text, &error, &arrays)),
    };
    if !unknown.is_empty() {
        let others = request.without_empty().errors();
        return Err(Refusal::of_body(unknown.into_iter().chain(others).take(MOST_POINTERS).collect()));
    }
    let canonical = serde_json::to_vec(&request).map_err(|error| Refusal::unwritten("the order", &error))?;
    let request = request.without_empty();
    match request.errors() {
        errors if errors.is_empty() => Ok(OrderBody { request, canonical, suspects }),
        errors => Err(Refusal::of_body(errors)),
    }
}

/// The order, and the members that it does not know. Only here are they refused: what was let in once is read by every
/// later release, and by earlier ones beside it.
fn read_order(text: &str) -> serde_json::Result<(OrderRequest, Vec<FieldError>)> {
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let request = serde_ignored::deserialize(&mut json, |path| note_unknown(&mut unknown, &path))?;
    json.end()?;
    Ok((request, unknown))
}

/// A body with what would pass for a card number at these pointers.
pub(in crate::api) fn card_numbers(pointers: impl IntoIterator<Item = String>) -> Refusal {
    let detail = "holds a card number, or what looks like one; nothing of it was kept. Send a provider token";
    Refusal::of_body(pointers.into_iter().map(|pointer| FieldError { pointer, detail: detail.to_owned() }).collect())
}

#[cfg(test)]
mod tests;
