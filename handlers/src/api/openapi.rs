//! The OpenAPI 3.1 document, made from the code: what handlers say of themselves, and the problems each can answer with,
//! which stand here in one table.

use super::{
    buyer::{cancel, invoice, orders, submit},
    catalogue::products,
    http::{
        app::App,
        problem::{Kind, Refusal},
    },
    operations::{health, metrics},
    support,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use schemas::{api::problem::Problem, fields::FieldError};
use serde_json::json;
use std::{collections::BTreeMap, sync::LazyLock};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self as oa, ContentBuilder, HeaderBuilder, Ref, RefOr, ResponseBuilder,
        example::ExampleBuilder,
        header::Header,
        link::Link,
        path::{Operation, PathItem},
        schema::{AdditionalProperties, Schema},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sluice",
        description = "Takes orders from a checkout and carries every accepted one to exactly one honest end.\n\nErrors are problem documents (RFC 9457); programs decide by `type`. Amounts are integers in the minor unit of their currency. Times are RFC 3339 in UTC.",
    ),
    paths(
        submit::submit_order, orders::list_orders, orders::get_order, cancel::cancel_order, invoice::get_invoice,
        products::list_products, products::get_product, products::search_products, support::orders::search_orders,
        health::health, health::ready, metrics::metrics, openapi,
    ),
    components(schemas(Problem, FieldError)),
    modifiers(&Common),
    tags(
        (name = "orders", description = "Submit, watch and cancel orders."),
        (name = "catalogue", description = "What can be ordered."),
        (name = "support", description = "For support staff."),
        (name = "operations", description = "For whoever runs it."),
    ),
)]
struct Api;

const READER: &[Kind] =
    &[Kind::Unauthorized, Kind::Forbidden, Kind::NotFound, Kind::TooManyRequests, Kind::Internal, Kind::Unavailable];

/// The problems that an operation can answer with; nothing is known of one that is not named here.
fn problems_of(operation: &str) -> Option<Vec<Kind>> {
    let own: &[Kind] = match operation {
        "submitOrder" => &[
            Kind::Unauthorized,
            Kind::Forbidden,
            Kind::UnsupportedMediaType,
            Kind::BodyTooLarge,
            Kind::InvalidIdempotencyKey,
            Kind::InvalidBody,
            Kind::IdempotencyKeyReused,
            Kind::BodyTooSlow,
            Kind::TooManyRequests,
            Kind::Internal,
            Kind::Unavailable,
        ],
        "getOrder" => READER,
        "getInvoice" => return Some([READER, &[Kind::NoInvoiceYet, Kind::NoInvoice]].concat()),
        "cancelOrder" => return Some([READER, &[Kind::CannotCancel]].concat()),
        "listOrders" | "searchOrders" => &[
            Kind::InvalidParameter,
            Kind::Unauthorized,
            Kind::Forbidden,
            Kind::TooManyRequests,
            Kind::Internal,
            Kind::Unavailable,
        ],
        "getProduct" => &[Kind::Unauthorized, Kind::NotFound, Kind::TooManyRequests, Kind::Internal, Kind::Unavailable],
        "listProducts" | "searchProducts" => {
            &[Kind::InvalidParameter, Kind::Unauthorized, Kind::TooManyRequests, Kind::Internal, Kind::Unavailable]
        }
        "openapi" => &[Kind::TooManyRequests, Kind::Internal],
        "ready" => &[Kind::Internal, Kind::Unavailable],
        "metrics" => &[Kind::Unauthorized, Kind::Forbidden, Kind::TooManyRequests, Kind::Internal, Kind::Unavailable],
        "health" => &[Kind::Internal],
        _ => return None,
    };
    Some(own.to_vec())
}

/// What is common to all operations.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut oa::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let scheme = scheme.description(Some("Roles: `customer`, `warehouse`, `support`.")).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearerAuth", SecurityScheme::Http(scheme));
        for name in TAKEN_TO_THE_LETTER {
            if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
        for item in document.paths.paths.values_mut() {
            operations(item).for_each(describe);
        }
    }
}

/// Schemas of bodies whose unknown members are refused; code that reads what is kept passes over them.
const TAKEN_TO_THE_LETTER: [&str; 5] = ["OrderRequest", "LineRequest", "PaymentRequest", "Address", "Amount"];

/// What can be done next with an order that was submitted, by the names of the link and of the operation.
const WITH_AN_ORDER: [(&str, &str); 3] =
    [("Read", "getOrder"), ("Cancel", "cancelOrder"), ("ReadInvoice", "getInvoice")];

fn link_to_order(operation: &str) -> Link {
    Link::builder().operation_id(operation).parameter("id", "$response.body#/id").build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post].into_iter().flatten()
}

/// Lets a parameter that is a word be empty, which is as good as absent.
fn may_be_empty(operation: &mut Operation, name: &str) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.name == name {
            let empty = oa::schema::ObjectBuilder::new().schema_type(oa::Type::String).max_length(Some(0));
            let word = parameter.schema.take().map(|word| oa::schema::OneOfBuilder::new().item(word).item(empty));
            parameter.schema = word.map(Into::into);
        }
    }
}

fn describe(operation: &mut Operation) {
    if operation.operation_id.as_deref() == Some("listOrders") {
        may_be_empty(operation, "status");
    }
    let kinds = operation.operation_id.as_deref().and_then(problems_of).unwrap_or_default();
    let mut by_status: BTreeMap<String, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        by_status.entry(kind.status().as_str().to_owned()).or_default().push(kind);
    }
    for (status, kinds) in by_status {
        operation.responses.responses.insert(status, RefOr::T(problem_response(&kinds)));
    }
    let submits = operation.operation_id.as_deref() == Some("submitOrder");
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            if submits && status.starts_with('2') {
                let links = WITH_AN_ORDER.map(|(name, to)| (name.to_owned(), RefOr::T(link_to_order(to))));
                response.links.extend(links);
            }
            let id = text_header("The request's id, also in the logs; the caller's own if it sent a plain one.");
            response.headers.insert("x-request-id".into(), RefOr::T(id));
        }
    }
}

fn text_header(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(oa::schema::Object::with_type(oa::Type::String)))
        .description(Some(description))
        .build()
}

/// The problems of one status, each with an example.
fn problem_response(kinds: &[Kind]) -> oa::Response {
    let examples = kinds.iter().map(|kind| {
        let mut document = Refusal::of(*kind).document("0192f0c1-2222-7333-8444-555566667777");
        if *kind == Kind::InvalidBody {
            document.errors =
                vec![FieldError { pointer: "/lines/0/quantity".into(), detail: "must be 1 to 1000000".into() }];
        }
        (kind.slug(), ExampleBuilder::new().summary(kind.title()).value(Some(json!(document))).build())
    });
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).examples_from_iter(examples).build();
    let titles: Vec<_> = kinds.iter().map(|kind| format!("{}.", kind.title())).collect();
    let mut response =
        ResponseBuilder::new().description(titles.join(" Or: ")).content("application/problem+json", content);
    if kinds.iter().any(|kind| kind.retry_after().is_some()) {
        response = response.header("Retry-After", text_header("Seconds after which to ask again."));
    }
    if kinds.contains(&Kind::Unauthorized) || kinds.contains(&Kind::Forbidden) {
        response = response.header("WWW-Authenticate", text_header("What is wrong with the token (RFC 6750)."));
    }
    response.build()
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&Api::openapi()).unwrap_or_default();
    text.push('\n');
    text
});

/// The document as it is served and checked in.
pub fn document() -> &'static str {
    &DOCUMENT
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json")))]
pub(in crate::api) async fn openapi(State(app): State<App>) -> Result<Response, Refusal> {
    app.reads.pace().await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    Ok((headers, document()).into_response())
}

#[cfg(test)]
mod tests {
    use super::{super::routes, Api, operations, problems_of};
    use std::collections::BTreeSet;
    use utoipa::OpenApi;

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let document = Api::openapi();
        let documented: BTreeSet<&str> = document.paths.paths.keys().map(String::as_str).collect();
        assert_eq!(documented, routes::ALL.iter().copied().collect::<BTreeSet<_>>());
    }

    #[test]
    fn every_operation_says_which_problems_it_answers_with() {
        for (path, mut item) in Api::openapi().paths.paths {
            for operation in operations(&mut item) {
                let named = operation.operation_id.as_deref().and_then(problems_of);
                assert!(named.is_some_and(|kinds| !kinds.is_empty()), "{path}: {:?}", operation.operation_id);
            }
        }
    }
}
