//! The catalogue as buyers see it: pages, one product, and a search that forgives typing errors.

use super::{
    App,
    caller::Caller,
    found::Named,
    json,
    problem::{Kind, Refusal},
    query::{Params, cursor_of},
};
use axum::{extract::State, http::Uri, response::Response};
use schemas::product::{Product, ProductPage};

/// The longest SKU, in characters.
const LONGEST_SKU: usize = 64;

/// Products by SKU.
#[utoipa::path(get, path = "/v1/products", operation_id = "listProducts", tag = "catalogue",
    security(("bearerAuth" = [])),
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Products of a page; 20 if absent."),
        ("cursor" = Option<String>, Query, max_length = 342,
            pattern = "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$",
            description = "The `next_cursor` of the page before; empty for the first."),
    ),
    responses((status = 200, description = "A page of products.", body = ProductPage)))]
pub(super) async fn list_products(State(app): State<App>, _caller: Caller, uri: Uri) -> Result<Response, Refusal> {
    let params = Params::of(&uri, &["limit", "cursor"])?;
    let limit = params.limit()?;
    let after = params.cursor(|bytes| Some(place_of(&bytes)))?.filter(|sku| !sku.is_empty());
    let page = app.catalogue.products(after.as_deref(), limit).await?;
    json(&ProductPage { next_cursor: page.next_cursor.map(|sku| cursor_of(sku.as_bytes())), ..page })
}

/// One product.
#[utoipa::path(get, path = "/v1/products/{sku}", operation_id = "getProduct", tag = "catalogue",
    security(("bearerAuth" = [])),
    params(("sku" = String, Path, description = "The stock-keeping unit.", example = "TEA-EARL-GREY")),
    responses((status = 200, description = "The product, and how much of it can be bought.", body = Product)))]
pub(super) async fn get_product(State(app): State<App>, _caller: Caller, sku: Named) -> Result<Response, Refusal> {
    let product = if is_sku(&sku.0) { app.catalogue.product(&sku.0).await? } else { None };
    json(&product.ok_or_else(|| Refusal::of(Kind::NotFound))?)
}

/// Search products.
///
/// By SKU or name: whole words, beginnings, and with typing errors; best first.
#[utoipa::path(get, path = "/v1/search", operation_id = "searchProducts", tag = "catalogue",
    security(("bearerAuth" = [])),
    params(
        ("q" = String, Query, min_length = 1, max_length = 200,
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
            description = "What to look for.", example = "earl gray"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Products at most; 20 if absent."),
    ),
    responses((status = 200, description = "What was found; there are no further pages.", body = ProductPage)))]
pub(super) async fn search_products(State(app): State<App>, _caller: Caller, uri: Uri) -> Result<Response, Refusal> {
    let params = Params::of(&uri, &["q", "limit"])?;
    let items = app.search.products(params.search()?, params.limit()?).await?;
    json(&ProductPage { items, next_cursor: None })
}

/// Where a cursor points to: whatever it holds stands somewhere among the SKUs.
fn place_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(LONGEST_SKU).collect()
}

fn is_sku(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_SKU && !text.chars().any(char::is_control)
}
