//! What anybody sees of the products.

pub(super) mod products;

use super::http::{app::Answering, routes};
use axum::{Router, routing::get};

pub(super) fn answering() -> Router<Answering> {
    Router::new()
        .route(routes::PRODUCTS, get(products::list_products))
        .route(routes::PRODUCT, get(products::get_product))
        .route(routes::SEARCH, get(products::search_products))
}
