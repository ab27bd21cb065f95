//! Invoice numbers: given in batches under one lock of their series. Which orders get one, and which, the lifecycle decides.

use super::{
    PgOrders,
    rows::{load, uuids},
};
use crate::postgres::Asked;
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::Party};
use sqlx::{Connection, PgConnection, types::Json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use workflows::{
    billing::{Edition, KeptSeller, Seller},
    lifecycle::Series,
    order::StoredOrder,
    ports::{InvoiceNumbers, Numbered, Unavailable},
};

/// The series that all invoices are numbered in.
pub(in crate::postgres) const SERIES: &str = "main";

#[async_trait]
impl InvoiceNumbers for PgOrders {
    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        let mut connection = self.connection("orders.number_invoices").await?;
        let mut transaction = connection.begin().await.asked("orders.number_invoices")?;
        let seller = &self.settings.seller;
        let issued_on = seller.time_zone.date(self.clock.now());
        let mut series =
            Series::after(issued_on, lock_invoice_series(&mut transaction, Series::year(issued_on)).await?);
        // Read under the lock: whoever had it before may have numbered some of these.
        let mut orders = load(&mut transaction, &uuids(ids)).await?;
        let now = self.clock.now();
        let mut given = Vec::new();
        for order in &mut orders {
            given.extend(series.give_number(order, now).map(|position| (order.id, position.number)));
        }
        insert_invoices(&mut transaction, &given, series, seller).await?;
        let new: HashSet<OrderId> = given.into_iter().map(|(id, _)| id).collect();
        let unstored = |order: &&StoredOrder| order.invoice.as_ref().is_some_and(|invoice| !invoice.stored);
        let again: Vec<OrderId> =
            orders.iter().filter(unstored).map(|order| order.id).filter(|id| !new.contains(id)).collect();
        let mut kept = kept_sellers(&mut transaction, &again).await?;
        transaction.commit().await.asked("orders.number_invoices")?;
        let numbered = orders.into_iter().filter_map(|order| {
            let id = order.id;
            let as_kept = || kept.remove(&id).unwrap_or_else(|| (seller.into(), Edition::CURRENT));
            Some((id, Numbered::of(order, as_kept)?))
        });
        Ok(numbered.collect())
    }
}

/// The last number of the series, which nobody else raises until the end of the transaction.
async fn lock_invoice_series(connection: &mut PgConnection, year: i32) -> Result<i32, Unavailable> {
    sqlx::query!(
        "-- orders.open_invoice_series
         insert into invoice_series (series, year, last) values ($1, $2, 0) on conflict (series, year) do nothing",
        SERIES,
        year
    )
    .execute(&mut *connection)
    .await
    .asked("orders.open_invoice_series")?;
    sqlx::query_scalar!(
        "-- orders.lock_invoice_series
         select last from invoice_series where series = $1 and year = $2 for update",
        SERIES,
        year
    )
    .fetch_one(connection)
    .await
    .asked("orders.lock_invoice_series")
}

async fn insert_invoices(
    connection: &mut PgConnection,
    given: &[(OrderId, i32)],
    series: Series,
    seller: &Seller,
) -> Result<(), Unavailable> {
    if given.is_empty() {
        return Ok(());
    }
    let (ids, numbers): (Vec<Uuid>, Vec<i32>) = given.iter().map(|(id, number)| (id.0, *number)).unzip();
    let last = series.last();
    sqlx::query!(
        "-- orders.raise_invoice_series
         update invoice_series set last = $3 where series = $1 and year = $2",
        SERIES,
        last.year,
        last.number
    )
    .execute(&mut *connection)
    .await
    .asked("orders.raise_invoice_series")?;
    let party =
        serde_json::to_value(&seller.party).map_err(|error| Unavailable::at_fault("orders.insert_invoices", error))?;
    sqlx::query!(
        "-- orders.insert_invoices
         insert into invoices (order_id, series, year, number, issued_on, seller, specimen)
         select order_id, $2, $3, number, $5, $6, $7
         from unnest($1::uuid[], $4::integer[]) as given (order_id, number)",
        &ids,
        SERIES,
        last.year,
        &numbers,
        series.issued_on(),
        party,
        seller.specimen
    )
    .execute(connection)
    .await
    .asked("orders.insert_invoices")?;
    Ok(())
}

/// Who sold what those invoices say, and how they are worded: as was noted when their documents were filed, or else as
/// invoices are now, since nobody was told of them yet. A number that was given by a release that did not note the seller
/// has none.
async fn kept_sellers(
    connection: &mut PgConnection,
    ids: &[OrderId],
) -> Result<HashMap<OrderId, (KeptSeller, Edition)>, Unavailable> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"-- orders.kept_sellers
         select order_id, seller as "seller!: Json<Party>", specimen, edition from invoices
         where order_id = any($1) and seller is not null"#,
        &uuids(ids)
    )
    .fetch_all(connection)
    .await
    .asked("orders.kept_sellers")?;
    let kept = rows.into_iter().map(|row| {
        let noted = row.edition.and_then(|edition| Edition::of(Some(edition)));
        let kept = KeptSeller { party: row.seller.0, specimen: row.specimen };
        (OrderId(row.order_id), (kept, noted.unwrap_or(Edition::CURRENT)))
    });
    Ok(kept.collect())
}
