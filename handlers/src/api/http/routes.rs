//! The paths, once: the routers, the labels of the metrics and a test of the OpenAPI document hold on to them.

/// What every path begins with that is for staff. Who asks there is told in the log, also of what is only read.
pub(crate) const STAFF: &str = "/v1/support/";

macro_rules! paths {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(pub(crate) const $name: &str = $path;)*
        pub(crate) const ALL: &[&str] = &[$($name),*];
    };
}

paths! {
    ORDERS = "/v1/orders",
    ORDER = "/v1/orders/{id}",
    CANCEL = "/v1/orders/{id}/cancel",
    INVOICE = "/v1/orders/{id}/invoice",
    PRODUCTS = "/v1/products",
    PRODUCT = "/v1/products/{sku}",
    SEARCH = "/v1/search",
    SUPPORT_ORDERS = "/v1/support/orders",
    HEALTH = "/healthz",
    READY = "/readyz",
    METRICS = "/metrics",
    OPENAPI = "/openapi.json",
}
