//! A folder of documents says which installation they are of. Numbers of invoices are given by a database: with another
//! database's folder one shop would take the names of the other's documents, and with two folders it would miss half of its own.

use super::{Folder, SystemDisk, known_folder::named};
use crate::postgres::{Database, installation::Installation};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use uuid::Uuid;
use workflows::{
    issued_invoice::{Look, document_path},
    ports::{Documents, Unavailable},
};

/// By how many invoices a folder that says nothing is known.
const LOOKED_AT: i64 = 20;

/// Why a folder is not the one of a database.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The database of its documents is not there: this one is new.
    #[error(
        "{} has the documents of installation {theirs}, and the database is new (installation {ours}, without an invoice): \
         the database of these documents is missing. Restore it from its backup in place of the new one, or set DATABASE_URL \
         to where it is. To begin another shop, set SLUICE_DATA_DIR to another folder. Only if the shop of these documents is \
         to go on without its orders, because there is no backup, write {ours} into {}: then its invoices begin at numbers that these have",
        .folder.display(), .folder.join("installation").display()
    )]
    DatabaseMissing {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        theirs: String,
        /// The database's.
        ours: Uuid,
    },
    /// It is another installation's.
    #[error(
        "{} has the documents of installation {theirs}, and the database is installation {ours}: no two shops may share a \
         folder. Set SLUICE_DATA_DIR to this shop's own, or DATABASE_URL to the other's database. If the two belong together \
         all the same, as after a restore from before there were such ids, write {ours} into {}",
        .folder.display(), .folder.join("installation").display()
    )]
    Another {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        theirs: String,
        /// The database's.
        ours: Uuid,
    },
    /// The documents are elsewhere.
    #[error(
        "the database, installation {ours}, has its documents elsewhere: {} does not name it, and has {there} of the {issued} \
         looked for. Mount the right folder there, or set SLUICE_DATA_DIR to where it is. If the documents are lost, make \
         the folder and write {ours} into {}: then they are printed again",
        .folder.display(), .folder.join("installation").display()
    )]
    Elsewhere {
        /// The folder.
        folder: PathBuf,
        /// The database's.
        ours: Uuid,
        /// How many documents were looked for.
        issued: usize,
        /// How many of them are there.
        there: usize,
    },
    /// There are documents that nobody issued.
    #[error(
        "{} has invoices, and the database, installation {ours}, has issued none: the database of these documents is \
         missing, or they are another shop's. Restore it from its backup, or set DATABASE_URL to where it is. To begin another \
         shop, set SLUICE_DATA_DIR to another folder. Only if the two belong together all the same, write {ours} into {}",
        .folder.display(), .folder.join("installation").display()
    )]
    Unknown {
        /// The folder.
        folder: PathBuf,
        /// The database's.
        ours: Uuid,
    },
    /// The folder cannot be read or written.
    #[error("the folder for documents, {}, cannot be used", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database does not answer.
    #[error("it cannot be seen whose documents are in the folder")]
    Database(#[from] Unavailable),
}

/// Makes sure that a folder is the database's, and says which installation that is. One that says nothing says so from then
/// on, if it is new or has the documents of this database, as one of a release that knew no ids.
///
/// # Errors
/// If it is not, or that cannot be seen; with what to do. Then the folder is left as it is.
pub async fn claim(database: &Database, root: &Path) -> Result<Uuid, FolderError> {
    let folder = Folder::at(SystemDisk, root);
    let ours = database.installation().await?;
    if !is_named(database, &folder, ours).await? {
        recognise(database, &folder, ours).await?;
        folder.set_mark(ours.id.to_string()).await.map_err(|source| unusable(&folder, source))?;
        // Two may have come at once, of two databases.
        is_named(database, &folder, ours).await?;
    }
    if !ours.has_folder {
        database.note_folder().await?;
    }
    Ok(ours.id)
}

/// Looks whether a folder is the database's, and leaves it as it is.
///
/// # Errors
/// If it is not, or that cannot be seen; with what to do.
pub async fn check(database: &Database, root: &Path) -> Result<(), FolderError> {
    let folder = Folder::at(SystemDisk, root);
    let ours = database.installation().await?;
    if !is_named(database, &folder, ours).await? {
        recognise(database, &folder, ours).await?;
    }
    Ok(())
}

fn unusable(folder: &Folder<SystemDisk>, source: io::Error) -> FolderError {
    FolderError::Folder { folder: folder.root().to_path_buf(), source }
}

/// Whether the folder names this installation, and not none.
async fn is_named(database: &Database, folder: &Folder<SystemDisk>, ours: Installation) -> Result<bool, FolderError> {
    let theirs = match folder.mark().await.map_err(|source| unusable(folder, source))? {
        None => return Ok(false),
        Some(mark) if named(mark.as_bytes()) == Some(ours.id) => return Ok(true),
        Some(theirs) => theirs,
    };
    let (root, ours, is_new) = (folder.root().to_path_buf(), ours.id, !ours.has_folder);
    if is_new && database.newest_invoices(1).await?.is_empty() {
        return Err(FolderError::DatabaseMissing { folder: root, theirs, ours });
    }
    Err(FolderError::Another { folder: root, theirs, ours })
}

/// Looks whether a folder that says nothing can be this installation's: if it has what was issued last, or if nothing was
/// issued and it has nothing.
async fn recognise(database: &Database, folder: &Folder<SystemDisk>, ours: Installation) -> Result<(), FolderError> {
    let (mut issued, mut there, mut due_there) = (0, 0, 0);
    for invoice in database.newest_invoices(LOOKED_AT).await? {
        let found = match folder.look(&document_path(&invoice.number)).await? {
            Look::Document(content) => usize::from(invoice.may_be(&content)),
            Look::Nothing | Look::Unreadable(_) | Look::Blocked(_) => 0,
        };
        if invoice.is_stored {
            issued += 1;
            there += found;
        } else {
            due_there += found;
        }
    }
    let (root, ours, has_folder) = (folder.root().to_path_buf(), ours.id, ours.has_folder);
    // Of two hosts that had a folder each, no more than one has most of them.
    if 2 * there > issued || (issued == 0 && due_there > 0) {
        return Ok(());
    }
    if issued > 0 || has_folder {
        return Err(FolderError::Elsewhere { folder: root, ours, issued, there });
    }
    match has_invoices(&root) {
        Ok(false) => Ok(()),
        Ok(true) => Err(FolderError::Unknown { folder: root, ours }),
        Err(source) => Err(unusable(folder, source)),
    }
}

/// Whether there is any invoice, of any year. What cannot be looked into may have some.
fn has_invoices(root: &Path) -> io::Result<bool> {
    let years = match fs::read_dir(root.join("invoices")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        years => years?,
    };
    for year in years {
        if fs::read_dir(year?.path()).map_or(true, |mut invoices| invoices.next().is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}
