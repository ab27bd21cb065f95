//! Every shape that outlives a deploy: the bodies of the API, the events, what is kept as JSON, and (beside this crate's
//! code) the golden files, the OpenAPI document and the SQL migrations. No behaviour beyond parsing and checking lives here.

pub mod address;
pub mod api;
pub mod card_number;
pub mod country;
pub mod event;
pub mod fields;
pub mod ids;
pub mod kept;
pub mod money;
pub mod sku;
pub mod text;
mod variants;
pub mod whole_number;
pub mod words;
