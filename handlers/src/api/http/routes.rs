//! The paths, once: the routers, the labels of the metrics and a test of the OpenAPI document hold on to them.

pub(crate) const ORDERS: &str = "/v1/orders";
pub(crate) const ORDER: &str = "/v1/orders/{id}";
pub(crate) const CANCEL: &str = "/v1/orders/{id}/cancel";
pub(crate) const INVOICE: &str = "/v1/orders/{id}/invoice";
pub(crate) const PRODUCTS: &str = "/v1/products";
pub(crate) const PRODUCT: &str = "/v1/products/{sku}";
pub(crate) const SEARCH: &str = "/v1/search";
pub(crate) const SUPPORT_ORDERS: &str = "/v1/support/orders";
pub(crate) const HEALTH: &str = "/healthz";
pub(crate) const READY: &str = "/readyz";
pub(crate) const METRICS: &str = "/metrics";
pub(crate) const OPENAPI: &str = "/openapi.json";

pub(crate) const ALL: &[&str] =
    &[ORDERS, ORDER, CANCEL, INVOICE, PRODUCTS, PRODUCT, SEARCH, SUPPORT_ORDERS, HEALTH, READY, METRICS, OPENAPI];
