//! What tests order, and from whom.

use schemas::{
    address::Address,
    api::order_request::{LineRequest, OrderRequest, PaymentRequest},
    api::product::Product,
    ids::OrderId,
    kept::{AcceptedOrder, Party},
    money::Amount,
};
use uuid::Uuid;
use workflows::{
    allocate::{Goods, Listing, StockLevel},
    billing::TaxTerms,
};

/// The warehouse that holds the TEA.
pub const NORTH: &str = "north";
/// The warehouse that holds the CUPs.
pub const SOUTH: &str = "south";
/// The units of each SKU that there are at first: enough for every test.
const UNITS: i64 = 1_000_000;
/// The price of a unit, without any tax.
const PRICE: i64 = 100;

/// The order of that number.
pub fn order_id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

/// Where somebody of that name lives.
pub fn address(name: &str, line1: &str) -> Address {
    Address {
        name: name.to_owned(),
        line1: line1.to_owned(),
        line2: None,
        city: "London".to_owned(),
        postal_code: "N1".to_owned(),
        country: "GB".to_owned(),
    }
}

/// Two lines of TEA and one of CUP, to be sent to Zoe and billed to Ann: 600 cents in all.
pub fn request() -> OrderRequest {
    let line = |sku: &str, quantity| LineRequest { sku: sku.to_owned(), quantity };
    OrderRequest {
        currency: "EUR".parse().unwrap(),
        lines: vec![line("TEA", 2), line("CUP", 3), line("TEA", 1)],
        expected_total: None,
        email: "zoe@example.com".to_owned(),
        shipping_address: address("Zoe", "1 High Street"),
        billing_address: Some(address("Ann", "1 Billing Street")),
        payment: PaymentRequest { method: "pm_card_visa".to_owned() },
    }
}

/// The same, as it was accepted from `zoe`.
pub fn accepted(id: OrderId) -> AcceptedOrder {
    AcceptedOrder {
        id,
        customer: "zoe".to_owned(),
        accepted_at: super::clock::START,
        traceparent: None,
        request: request(),
    }
}

/// A product of that SKU.
pub fn product(sku: &str, available: i64) -> Product {
    Product {
        sku: sku.to_owned(),
        name: format!("Fine {sku}"),
        price: Amount { amount: PRICE, currency: "EUR".parse().unwrap() },
        tax_rate_bp: 0,
        price_includes_tax: false,
        available,
    }
}

/// What the shop has at first.
pub(super) fn goods() -> Goods {
    let mut goods = Goods::default();
    for (sku, warehouse) in [("TEA", NORTH), ("CUP", SOUTH)] {
        put(&mut goods, &product(sku, UNITS), warehouse);
    }
    goods
}

/// Lists a product and puts what is available of it into a warehouse.
pub(super) fn put(goods: &mut Goods, product: &Product, warehouse: &str) {
    let listing = Listing {
        name: product.name.clone(),
        currency: product.price.currency.code().to_owned(),
        price: product.price.amount,
        tax_rate_bp: product.tax_rate_bp,
        tax_terms: TaxTerms { price_includes_tax: product.price_includes_tax, ..TaxTerms::default() },
    };
    goods.listings.insert(product.sku.clone(), listing);
    let level = StockLevel { warehouse: warehouse.to_owned(), free: product.available };
    goods.stock.insert(product.sku.clone(), vec![level]);
}

/// Who sells.
pub fn seller() -> Party {
    Party {
        name: "Tea Ltd".to_owned(),
        line1: "1 Market Street".to_owned(),
        line2: None,
        postal_code: "10115".to_owned(),
        city: "Berlin".to_owned(),
        country: "DE".to_owned(),
        vat_id: Some("DE123456789".to_owned()),
        tax_number: None,
        legal_id: None,
        email: None,
    }
}
