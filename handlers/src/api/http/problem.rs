//! Every way the API says no, once: the kinds of problem with their stable types, and the error that handlers return.
//! The document itself is written by the envelope, which knows the request's id.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemas::{api::problem::Problem, every, fields::FieldError};
use std::borrow::Cow;
use workflows::ports::Unavailable;

/// A kind of problem. Its type is stable: programs decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The body is no JSON, or not the JSON that is asked for.
    InvalidBody,
    /// A parameter of the query is unknown or out of range.
    InvalidParameter,
    /// The header `Idempotency-Key` is missing or malformed.
    InvalidIdempotencyKey,
    /// No token, or none of ours.
    Unauthorized,
    /// The role may not do this.
    Forbidden,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// The order's invoice is not issued yet.
    NoInvoiceYet,
    /// The order will not have an invoice.
    NoInvoice,
    /// The path knows other methods only.
    MethodNotAllowed,
    /// The order stands where it cannot be cancelled any more.
    CannotCancel,
    /// The body has more than 256 KiB.
    BodyTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The key was used for another request.
    IdempotencyKeyReused,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// The caller has as much under way as it may.
    TooManyRequests,
    /// A fault of ours.
    Internal,
    /// Something behind the API does not answer: try again.
    Unavailable,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &every!(Self:
        InvalidBody,
        InvalidParameter,
        InvalidIdempotencyKey,
        Unauthorized,
        Forbidden,
        NotFound,
        NoInvoiceYet,
        NoInvoice,
        MethodNotAllowed,
        CannotCancel,
        BodyTooLarge,
        UnsupportedMediaType,
        IdempotencyKeyReused,
        BodyTooSlow,
        TooManyRequests,
        Internal,
        Unavailable,
    );

    /// The last part of its type, and its title.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidBody => ("invalid-body", "The body cannot be accepted"),
            Self::InvalidParameter => ("invalid-parameter", "A query parameter cannot be accepted"),
            Self::InvalidIdempotencyKey => {
                ("invalid-idempotency-key", "The Idempotency-Key header is missing or malformed")
            }
            Self::Unauthorized => ("unauthorized", "A valid bearer token is needed"),
            Self::Forbidden => ("forbidden", "The token's role may not do this"),
            Self::NotFound => ("not-found", "There is no such thing"),
            Self::NoInvoiceYet => ("no-invoice-yet", "The order has no invoice yet"),
            Self::NoInvoice => ("no-invoice", "The order will have no invoice"),
            Self::MethodNotAllowed => ("method-not-allowed", "The path does not know this method"),
            Self::CannotCancel => ("cannot-cancel", "The order cannot be cancelled any more"),
            Self::BodyTooLarge => ("body-too-large", "The body is too large"),
            Self::UnsupportedMediaType => ("unsupported-media-type", "The body must be application/json"),
            Self::IdempotencyKeyReused => {
                ("idempotency-key-reused", "The Idempotency-Key was used for another request")
            }
            Self::BodyTooSlow => ("body-too-slow", "The body did not arrive in time"),
            Self::TooManyRequests => ("too-many-requests", "The caller has too much under way"),
            Self::Internal => ("internal-error", "Something went wrong here"),
            Self::Unavailable => ("unavailable", "The service is not available for the moment"),
        }
    }

    /// The kind as a word, such as `invalid-body`.
    pub fn slug(self) -> &'static str {
        self.words().0
    }

    /// The kind in words.
    pub fn title(self) -> &'static str {
        self.words().1
    }

    /// What to do about it, where nothing more is known of the occurrence.
    fn advice(self) -> &'static str {
        match self {
            Self::InvalidBody => "mend what `errors` names, and send the body again",
            Self::InvalidParameter => "mend the query, and ask again",
            Self::InvalidIdempotencyKey => "send one Idempotency-Key of 1 to 255 visible ASCII characters",
            Self::Unauthorized => "send the header Authorization: Bearer <token> with a token that is valid now",
            Self::Forbidden => "ask with a token of a role that may",
            Self::NotFound => "look at the path and the id in it; what is somebody else's is not found either",
            Self::NoInvoiceYet => "ask again later: an order has its invoice soon after it is confirmed",
            Self::NoInvoice => {
                "an order that was refused, or is cancelled or to be cancelled, has none; do not ask again"
            }
            Self::MethodNotAllowed => "ask with one of the methods that the header Allow names",
            Self::CannotCancel => "read the order to see where it stands",
            Self::BodyTooLarge => "a body has at most 262144 bytes",
            Self::UnsupportedMediaType => "send the body as application/json in UTF-8, without a Content-Encoding",
            Self::IdempotencyKeyReused => {
                "send another order with a key of its own, or the same order again with this one"
            }
            Self::BodyTooSlow => "send the request again; nothing of it was kept",
            Self::TooManyRequests => "wait for what is under way, and ask again after the seconds of Retry-After",
            Self::Internal => "ask again; if it stays so, tell whoever runs this the request's id",
            Self::Unavailable => {
                "ask again after the seconds of Retry-After; what carries an Idempotency-Key is done once"
            }
        }
    }

    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidBody | Self::InvalidParameter | Self::InvalidIdempotencyKey => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NoInvoiceYet | Self::NoInvoice => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::CannotCancel => StatusCode::CONFLICT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Seconds after which asking again makes sense.
    pub(in crate::api) fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::NoInvoiceYet | Self::BodyTooSlow | Self::TooManyRequests | Self::Unavailable => Some("1"),
            Self::InvalidBody
            | Self::InvalidParameter
            | Self::InvalidIdempotencyKey
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::NoInvoice
            | Self::MethodNotAllowed
            | Self::CannotCancel
            | Self::BodyTooLarge
            | Self::UnsupportedMediaType
            | Self::IdempotencyKeyReused
            | Self::Internal => None,
        }
    }
}

/// What a body should have been (RFC 9110 section 15.5.16).
#[derive(Clone, Copy, Debug)]
pub(in crate::api) enum Wanted {
    /// Of another type.
    Json,
    /// Without a coding.
    Identity,
}

impl Wanted {
    fn header(self) -> (HeaderName, &'static str) {
        match self {
            Self::Json => (header::ACCEPT, "application/json"),
            Self::Identity => (header::ACCEPT_ENCODING, "identity"),
        }
    }
}

/// A request that is not answered with what it asked for.
#[derive(Clone, Debug)]
pub(in crate::api) struct Refusal {
    pub(in crate::api) kind: Kind,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    authenticate: Option<&'static str>,
    wanted: Option<Wanted>,
    /// For the log only.
    pub(in crate::api) cause: Option<String>,
}

impl Refusal {
    /// With nothing more to say than its kind does. A fault of ours says what it was: see [`Self::internal`].
    pub(in crate::api) fn of(kind: Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), authenticate: None, wanted: None, cause: None }
    }

    /// With what to do about it. Never made of what the caller sent.
    pub(in crate::api) fn saying(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..Self::of(kind) }
    }

    /// A fault of ours, with what the log is to say of it.
    pub(in crate::api) fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::of(Kind::Internal) }
    }

    /// What cannot be written as JSON.
    pub(in crate::api) fn unwritten(what: &str, error: &serde_json::Error) -> Self {
        Self::internal(format!("{what} cannot be written as JSON: {error}"))
    }

    /// A body with something wrong at these pointers.
    pub(in crate::api) fn of_body(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::of(Kind::InvalidBody) }
    }

    /// RFC 6750: with an error code once a token was there.
    pub(in crate::api) fn with_challenge(self, authenticate: &'static str) -> Self {
        Self { authenticate: Some(authenticate), ..self }
    }

    /// With what would be taken in place of what came.
    pub(in crate::api) fn wanting(self, wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    /// The document.
    pub(in crate::api) fn document(self, request_id: &str) -> Problem {
        Problem {
            kind: format!("urn:sluice:problem:{}", self.kind.slug()),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: Some(self.detail.map_or_else(|| self.kind.advice().to_owned(), Cow::into_owned)),
            request_id: Some(request_id.to_owned()),
            errors: self.errors,
        }
    }
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        // Asking again helps only if somebody is away.
        let kind = if error.away { Kind::Unavailable } else { Kind::Internal };
        Self { cause: Some(error.chain()), ..Self::of(kind) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.kind.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        if let Some(challenge) = self.authenticate {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(wanted) = self.wanted {
            let (name, value) = wanted.header();
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::{fs, path::PathBuf};

    #[test]
    fn every_problem_says_what_to_do_about_it() {
        for kind in Kind::ALL {
            let said = |refusal: Refusal| refusal.document("r").detail.unwrap();
            assert!(said(Refusal::of(*kind)).len() > 20, "{kind:?}");
            assert_eq!(said(Refusal::saying(*kind, "something else")), "something else");
        }
    }

    #[test]
    fn no_fault_of_ours_is_made_without_its_cause() {
        let nameless = ["Refusal::of", "(Kind::Internal)"].concat();
        let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api"))];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                files += 1;
                let text = fs::read_to_string(&path).unwrap();
                assert!(!text.contains(&nameless), "{}: say what it was, with Refusal::internal", path.display());
            }
        }
        assert!(files > 20, "{files} files were read");
    }

    #[test]
    fn asking_again_is_advised_only_while_somebody_is_away() {
        assert_eq!(Refusal::from(Unavailable::because("orders.load", "gone")).kind, Kind::Unavailable);
        assert_eq!(Refusal::from(Unavailable::at_fault("orders.load", "nonsense")).kind, Kind::Internal);
    }
}
