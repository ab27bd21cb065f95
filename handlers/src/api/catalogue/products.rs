//! The catalogue as buyers see it: pages, one product, and a search that forgives typing errors.

use crate::api::http::{
    app::App,
    caller::Caller,
    json::json,
    named::Named,
    problem::{Kind, Refusal},
    query::{Params, cursor_of},
};
use axum::{extract::State, http::Uri, response::Response};
use schemas::{
    api::product::{Product, ProductPage},
    sku,
};
use std::sync::Arc;

/// Products by SKU.
///
/// For a token of any role, as all of the catalogue.
///
/// A page may hold fewer products than `limit` and still have a `next_cursor`: one that cannot be read is left out. Only a
/// page without one is the last.
#[utoipa::path(get, path = "/v1/products", operation_id = "listProducts", tag = "catalogue",
    security(("bearerAuth" = [])),
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Products of a page; 20 if absent."),
        ("cursor" = Option<String>, Query, max_length = 342,
            pattern = "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$",
            description = "The `next_cursor` of the page before; empty for the first."),
    ),
    responses((status = 200, description = "A page of products.", body = ProductPage)))]
pub(in crate::api) async fn list_products(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Refusal> {
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let limit = params.limit()?;
    let after = params.cursor(|bytes| Some(place_of(&bytes)))?.filter(|sku| !sku.is_empty());
    let catalogue = Arc::clone(&app.ports.catalogue);
    let page = app.reads.read(&caller, async move { catalogue.products(after.as_deref(), limit).await }).await?;
    json(&ProductPage { next_cursor: page.next_cursor.map(|sku| cursor_of(sku.as_bytes())), ..page })
}

/// One product.
#[utoipa::path(get, path = "/v1/products/{sku}", operation_id = "getProduct", tag = "catalogue",
    security(("bearerAuth" = [])),
    params(("sku" = String, Path, description = "The stock-keeping unit.", example = "TEA-EARL-GREY")),
    responses((status = 200, description = "The product, and how much of it can be bought.", body = Product)))]
pub(in crate::api) async fn get_product(
    State(app): State<App>,
    caller: Caller,
    named: Named,
) -> Result<Response, Refusal> {
    let (given, spelt) = (named.0.clone(), sku::spelt(&named.0).into_owned());
    if !is_sku(&spelt) {
        return Err(Refusal::of(Kind::NotFound));
    }
    let catalogue = Arc::clone(&app.ports.catalogue);
    let look = async move {
        match catalogue.product(&spelt).await? {
            // Release 0.1.0 kept SKUs in the spelling they came in.
            None if is_sku(&given) && spelt != given => catalogue.product(&given).await,
            found => Ok(found),
        }
    };
    let product = app.reads.read(&caller, look).await?;
    json(&product.ok_or_else(|| Refusal::of(Kind::NotFound))?)
}

/// Search products.
///
/// By SKU or name: whole words, beginnings, and with typing errors; best first.
#[utoipa::path(get, path = "/v1/search", operation_id = "searchProducts", tag = "catalogue",
    security(("bearerAuth" = [])),
    params(
        ("q" = String, Query, min_length = 1, max_length = 200,
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f]*$",
            description = "What to look for.", example = "earl gray"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Products at most; 20 if absent."),
    ),
    responses((status = 200, description = "What was found; there are no further pages.", body = ProductPage)))]
pub(in crate::api) async fn search_products(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Refusal> {
    let params = Params::of(&uri, &["q", "limit"])?;
    let (query, limit, search) = (params.search()?.to_owned(), params.limit()?, Arc::clone(&app.ports.search));
    let items = app.reads.read(&caller, async move { search.products(&query, limit).await }).await?;
    json(&ProductPage { items, next_cursor: None })
}

/// Where a cursor points to: whatever it holds stands somewhere among the SKUs.
fn place_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(sku::MAX_SKU_CHARS).collect()
}

fn is_sku(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= sku::MAX_SKU_CHARS && !text.chars().any(char::is_control)
}
