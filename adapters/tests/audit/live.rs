//! The provider's books and the snapshot are not read in one moment. Here the world moves on in between, at the worst
//! moments there are, and the audit must not take that for a violation.

use super::shop::{Shop, another_order};
use adapters::audit::{Scope, audit, audit_within};
use async_trait::async_trait;
use schemas::ids::OrderId;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use workflows::ports::{Authorization, AuthorizationRequest, BookEntry, PaymentProvider, ProviderError};

/// When the world moves on: around the reading of the books before the snapshot (the first) or after it (the second).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    AfterTheFirstReading,
    BeforeTheSecondReading,
}

#[derive(Clone, Copy)]
enum Happening {
    BreaksDown,
    Pays(&'static str),
    Cancels(&'static str),
}

/// The sandbox, around whose answers something happens.
struct Restless<'a> {
    shop: &'a Shop,
    moment: Moment,
    happening: Happening,
    readings: AtomicUsize,
}

impl Restless<'_> {
    async fn reached(&self, moment: Moment) {
        if moment != self.moment {
            return;
        }
        match self.happening {
            Happening::BreaksDown => {}
            Happening::Pays(name) => self.shop.pay(name).await,
            Happening::Cancels(name) => self.shop.cancel(name).await,
        }
        self.shop.index().await;
    }
}

#[async_trait]
impl PaymentProvider for Restless<'_> {
    async fn authorize(&self, request: AuthorizationRequest) -> Result<Authorization, ProviderError> {
        self.shop.sandbox.authorize(request).await
    }

    async fn find(&self, key: &str) -> Result<Option<Authorization>, ProviderError> {
        self.shop.sandbox.find(key).await
    }

    async fn void(&self, key: &str) -> Result<(), ProviderError> {
        self.shop.sandbox.void(key).await
    }

    async fn books(&self, first: OrderId, last: OrderId, limit: i64) -> Result<Vec<BookEntry>, ProviderError> {
        let reading = self.readings.fetch_add(1, Ordering::SeqCst);
        if reading == 1 {
            self.reached(Moment::BeforeTheSecondReading).await;
        }
        if matches!(self.happening, Happening::BreaksDown) {
            return Err(ProviderError::InDoubt);
        }
        let books = self.shop.sandbox.books(first, last, limit).await;
        if reading == 0 {
            self.reached(Moment::AfterTheFirstReading).await;
        }
        books
    }
}

async fn stays_clean(moment: Moment, happening: Happening) {
    let mut shop = Shop::open().await;
    shop.reserve(&[("another", another_order())]).await;
    shop.start_executions().await;
    shop.index().await;
    let provider = Restless { shop: &shop, moment, happening, readings: AtomicUsize::new(0) };
    let report = audit(&shop.database, &provider).await.unwrap();
    assert_eq!(provider.readings.load(Ordering::SeqCst), 2);
    assert!(report.is_clean(), "{report}");
    assert!(shop.audit().await.is_clean());
}

#[tokio::test]
async fn a_payment_made_between_books_and_snapshot_is_looked_for_in_the_later_books() {
    stays_clean(Moment::AfterTheFirstReading, Happening::Pays("another")).await;
}

#[tokio::test]
async fn a_payment_made_after_the_snapshot_is_not_looked_for_in_it() {
    stays_clean(Moment::BeforeTheSecondReading, Happening::Pays("another")).await;
}

#[tokio::test]
async fn money_let_go_between_books_and_snapshot_is_not_called_kept() {
    stays_clean(Moment::AfterTheFirstReading, Happening::Cancels("paid")).await;
}

#[tokio::test]
async fn money_let_go_after_the_snapshot_is_not_called_missing() {
    stays_clean(Moment::BeforeTheSecondReading, Happening::Cancels("paid")).await;
}

#[tokio::test]
async fn an_order_that_changes_after_its_slice_was_left_out_counts_once() {
    let shop = Shop::open().await;
    shop.settle().await;
    shop.rest(3).await;
    assert!(shop.audit_in_slices(2, false).await.is_clean());
    let (moment, happening) = (Moment::AfterTheFirstReading, Happening::Cancels("paid"));
    let provider = Restless { shop: &shop, moment, happening, readings: AtomicUsize::new(0) };
    let scope = Scope { slice: NonZeroU32::new(2).unwrap(), ..Scope::default() };
    let report = audit_within(&shop.database, &provider, scope).await.unwrap();
    assert!(report.is_clean() && report.audited_before > 0, "{report}");
    shop.dispatch().await;
    assert!(shop.audit_in_slices(2, false).await.is_clean());
}

#[tokio::test]
async fn a_provider_that_is_away_is_an_error_and_no_violation() {
    let shop = Shop::empty().await;
    let (moment, happening) = (Moment::AfterTheFirstReading, Happening::BreaksDown);
    let provider = Restless { shop: &shop, moment, happening, readings: AtomicUsize::new(0) };
    let error = audit(&shop.database, &provider).await.unwrap_err();
    assert_eq!((error.what, error.away), ("payment_provider.books", true));
}
