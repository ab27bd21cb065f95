//! What was printed of each invoice, beside its number.

use super::{
    PgOrders,
    invoice_numbers::SERIES,
    rows::{load, printed_number, read_number, uuids},
};
use crate::postgres::{Asked, milliseconds, unreadable};
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::Party};
use sqlx::types::Json;
use std::collections::HashSet;
use uuid::Uuid;
use workflows::{
    billing::{Bill, Edition, KeptSeller},
    issued_invoice::{Fingerprint, IssuedInvoice, PrintRecord, SeriesPosition},
    ports::{IssuedInvoices, UNASKED, Unavailable},
    wiring::QueueName,
};

struct IssuedRow {
    order_id: Uuid,
    year: i32,
    number: i32,
    size: Option<i64>,
    sha256: Option<Vec<u8>>,
    xml_sha256: Option<Vec<u8>>,
}

impl IssuedRow {
    fn into_issued(self) -> IssuedInvoice {
        let hash = |bytes: Option<Vec<u8>>| <[u8; 32]>::try_from(bytes?).ok();
        let size = self.size.and_then(|size| u64::try_from(size).ok());
        IssuedInvoice {
            order: OrderId(self.order_id),
            number: printed_number(self.year, self.number),
            position: SeriesPosition { year: self.year, number: self.number },
            file: size.zip(hash(self.sha256)).map(|(size, sha256)| Fingerprint { size, sha256 }),
            xml_sha256: hash(self.xml_sha256),
        }
    }
}

fn stored_size(file: Fingerprint) -> i64 {
    i64::try_from(file.size).unwrap_or(i64::MAX)
}

#[async_trait]
impl IssuedInvoices for PgOrders {
    async fn record(&self, printed: &[(OrderId, PrintRecord)]) -> Result<HashSet<OrderId>, Unavailable> {
        if printed.is_empty() {
            return Ok(HashSet::new());
        }
        let (mut ids, mut years, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut editions, mut printers, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut files, mut xmls, mut unprintable) = (Vec::new(), Vec::new(), Vec::new());
        for (id, record) in printed {
            let (year, number) = read_number(&record.number)
                .ok_or_else(|| Unavailable::at_fault("invoices.record", "no such number"))?;
            ids.push(id.0);
            years.push(year);
            numbers.push(number);
            editions.push(record.edition.number());
            printers.push(record.printer.clone());
            sizes.push(stored_size(record.file));
            files.push(record.file.sha256.to_vec());
            xmls.push(record.xml_sha256.to_vec());
            unprintable.push(record.unprintable);
        }
        let noted = sqlx::query_file_scalar!(
            "sql/invoices/record.sql",
            &ids,
            &years,
            &numbers,
            &editions,
            &printers,
            &sizes,
            &files,
            &xmls,
            &unprintable
        )
        .fetch_all(&self.database.relaxed)
        .await
        .asked("invoices.record")?;
        Ok(noted.into_iter().map(OrderId).collect())
    }

    async fn adopt(&self, found: &[(OrderId, Fingerprint)]) -> Result<(), Unavailable> {
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = found.iter().map(|(id, _)| id.0).collect();
        let sizes: Vec<i64> = found.iter().map(|(_, file)| stored_size(*file)).collect();
        let files: Vec<Vec<u8>> = found.iter().map(|(_, file)| file.sha256.to_vec()).collect();
        sqlx::query!(
            "-- invoices.adopt
             update invoices i set size = f.size, sha256 = f.sha256
             from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as f (order_id, size, sha256)
             where i.order_id = f.order_id and i.sha256 is null",
            &ids,
            &sizes,
            &files
        )
        .execute(&self.database.relaxed)
        .await
        .asked("invoices.adopt")?;
        Ok(())
    }

    async fn of(&self, orders: &[OrderId]) -> Result<Vec<IssuedInvoice>, Unavailable> {
        let rows = sqlx::query_as!(
            IssuedRow,
            "-- invoices.of
             select order_id, year, number, size, sha256, xml_sha256 from invoices
             where order_id = any($1)",
            &uuids(orders)
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("invoices.of")?;
        Ok(rows.into_iter().map(IssuedRow::into_issued).collect())
    }

    async fn behind(&self, position: SeriesPosition, limit: i64) -> Result<Vec<IssuedInvoice>, Unavailable> {
        let rows = sqlx::query_as!(
            IssuedRow,
            "-- invoices.behind
             select order_id, year, number, size, sha256, xml_sha256 from invoices
             where series = $1 and (year, number) > ($2, $3) and stored_at is not null
             order by year, number limit $4",
            SERIES,
            position.year,
            position.number,
            limit
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("invoices.behind")?;
        Ok(rows.into_iter().map(IssuedRow::into_issued).collect())
    }

    async fn bill(&self, order: OrderId, edition: Option<Edition>) -> Result<Option<Bill>, Unavailable> {
        let mut connection = self.connection("invoices.bill").await?;
        let row = sqlx::query!(
            r#"-- invoices.bill
             select edition, seller as "seller: Json<Party>", specimen from invoices where order_id = $1"#,
            order.0
        )
        .fetch_optional(&mut *connection)
        .await
        .asked("invoices.bill")?;
        let Some(row) = row else { return Ok(None) };
        let Some(edition) = edition.or_else(|| Edition::of(row.edition)) else { return Ok(None) };
        let seller = match row.seller {
            Some(seller) => KeptSeller { party: seller.0, specimen: row.specimen },
            None => (&self.settings.seller).into(),
        };
        let stored = load(&mut connection, &[order.0]).await?.pop();
        let stored = stored.ok_or_else(|| unreadable("invoices.bill", "order_id"))?;
        Bill::of(stored, seller, edition).map(Some).ok_or_else(|| unreadable("invoices.bill", "number"))
    }

    async fn checked(&self) -> Result<SeriesPosition, Unavailable> {
        let row = sqlx::query!(
            "-- invoices.checked
             select year, number from documents_checked"
        )
        .fetch_optional(&self.database.durable)
        .await
        .asked("invoices.checked")?;
        Ok(row.map_or(SeriesPosition::default(), |row| SeriesPosition { year: row.year, number: row.number }))
    }

    async fn mark_checked(&self, position: SeriesPosition) -> Result<(), Unavailable> {
        sqlx::query!(
            "-- invoices.mark_checked
             insert into documents_checked (year, number) values ($1, $2)
             on conflict (single) do update set year = excluded.year, number = excluded.number",
            position.year,
            position.number
        )
        .execute(&self.database.relaxed)
        .await
        .asked("invoices.mark_checked")?;
        Ok(())
    }

    async fn unasked(&self, orders: &[OrderId]) -> Result<Vec<OrderId>, Unavailable> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let unasked = sqlx::query_file_scalar!(
            "sql/invoices/unasked.sql",
            &uuids(orders),
            &QueueName::Invoice.names(),
            milliseconds(UNASKED.unsigned_abs())
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("invoices.unasked")?;
        Ok(unasked.into_iter().map(OrderId).collect())
    }

    async fn mark_unmended(&self, order: OrderId) -> Result<(), Unavailable> {
        sqlx::query!(
            "-- invoices.mark_unmended
             insert into sweeps (order_id, what, times, next_at)
             values ($1, 'unmended', 1, sluice_now() + $2::bigint * interval '1 millisecond')
             on conflict (order_id, what) do update set next_at = excluded.next_at",
            order.0,
            milliseconds(UNASKED.unsigned_abs())
        )
        .execute(&self.database.relaxed)
        .await
        .asked("invoices.mark_unmended")?;
        Ok(())
    }

    async fn mark_mended(&self, order: OrderId) -> Result<(), Unavailable> {
        sqlx::query!(
            "-- invoices.mark_mended
             delete from sweeps where order_id = $1 and what = 'unmended'",
            order.0
        )
        .execute(&self.database.relaxed)
        .await
        .asked("invoices.mark_mended")?;
        Ok(())
    }
}
