//! Which installation a database is, and by which of its invoices the folder of their documents is known. Kept in the
//! database, so a backup of it has the same.

use super::{
    Asked, Database,
    orders::{invoice_numbers::SERIES, rows::printed_number},
};
use uuid::Uuid;
use workflows::{issued_invoice::Fingerprint, ports::Unavailable};

/// An installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) id: Uuid,
    /// Whether a folder of documents is known to name it.
    pub(crate) has_folder: bool,
}

/// An invoice, and what was noted of its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberedInvoice {
    pub(crate) number: String,
    pub(crate) is_stored: bool,
    sha256: Option<Vec<u8>>,
}

impl NumberedInvoice {
    /// Whether this may be its document: if nothing was noted, whatever has its name.
    pub(crate) fn may_be(&self, content: &[u8]) -> bool {
        self.sha256.as_ref().is_none_or(|noted| noted.as_slice() == Fingerprint::of(content).sha256.as_slice())
    }
}

impl Database {
    pub(crate) async fn installation(&self) -> Result<Installation, Unavailable> {
        sqlx::query_as!(
            Installation,
            "-- installation.known
             select id, has_folder from installation where single"
        )
        .fetch_one(&self.durable)
        .await
        .asked("installation.known")
    }

    /// Notes that a folder names the installation.
    pub(crate) async fn note_folder(&self) -> Result<(), Unavailable> {
        sqlx::query!(
            "-- installation.note_folder
             update installation set has_folder = true where single and not has_folder"
        )
        .execute(&self.durable)
        .await
        .asked("installation.note_folder")?;
        Ok(())
    }

    /// Who sells by the newest invoice, if that is no specimen.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn last_seller(&self) -> Result<Option<String>, Unavailable> {
        let newest = sqlx::query!(
            r#"-- installation.last_seller
             select specimen, seller ->> 'name' as name from invoices
             where series = $1 order by year desc, number desc limit 1"#,
            SERIES
        )
        .fetch_optional(&self.durable)
        .await
        .asked("installation.last_seller")?;
        Ok(newest.filter(|invoice| !invoice.specimen).and_then(|invoice| invoice.name))
    }

    /// The invoices that were numbered last.
    pub(crate) async fn newest_invoices(&self, limit: i64) -> Result<Vec<NumberedInvoice>, Unavailable> {
        let rows = sqlx::query!(
            r#"-- installation.newest_invoices
             select year, number, stored_at is not null as "is_stored!", sha256 from invoices
             where series = $1 order by year desc, number desc limit $2"#,
            SERIES,
            limit
        )
        .fetch_all(&self.durable)
        .await
        .asked("installation.newest_invoices")?;
        let numbered = rows.into_iter().map(|row| NumberedInvoice {
            number: printed_number(row.year, row.number),
            is_stored: row.is_stored,
            sha256: row.sha256,
        });
        Ok(numbered.collect())
    }
}
