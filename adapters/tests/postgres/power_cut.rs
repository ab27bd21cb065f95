//! A power cut takes whatever was not synced. On a disk that remembers what was, nothing is told of an invoice whose
//! document would not be there afterwards, whole and under its name.

use super::shop::{PRINTER, Shop};
use adapters::documents::{Disk, Folder};
use async_trait::async_trait;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};
use workflows::{
    issued_invoice::{Fingerprint, document_path},
    ports::{Documents, EventBus, Filed, IssuedInvoices, Unavailable},
    steps::{
        Outcome,
        billing::{invoice_ports::InvoicePorts, issue_invoices::issue_invoices},
    },
};

#[derive(Clone, Default)]
struct Files {
    /// Where a name leads: to a file by its number.
    names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
}

#[derive(Default)]
struct Memory {
    now: Files,
    /// As it will be after a power cut.
    safe: Files,
    contents: Vec<Vec<u8>>,
    /// What of each content is on disk.
    synced: Vec<Vec<u8>>,
    folder_syncs: usize,
    /// Nothing can be synced.
    is_worn_out: bool,
    /// After so many calls it does nothing any more.
    calls_left: Option<usize>,
}

/// A disk that does at once what it is asked, and keeps only what was synced.
#[derive(Clone, Default)]
struct Volatile(Arc<Mutex<Memory>>);

impl Volatile {
    /// Begins a call, unless it has stopped.
    fn call(&self) -> io::Result<MutexGuard<'_, Memory>> {
        let mut memory = self.0.lock().unwrap();
        match &mut memory.calls_left {
            Some(0) => return Err(io::Error::other("it has stopped")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(memory)
    }

    /// Stops after so many calls, or goes on.
    fn stop_after(&self, calls: Option<usize>) {
        self.0.lock().unwrap().calls_left = calls;
    }

    /// What whoever looks now finds in a file.
    fn holds(&self, path: &Path) -> Option<Vec<u8>> {
        let memory = self.0.lock().unwrap();
        memory.now.names.get(path).map(|file| memory.contents[*file].clone())
    }

    /// What a file holds after a power cut at this moment.
    fn after_a_power_cut(&self, path: &Path) -> Option<Vec<u8>> {
        let memory = self.0.lock().unwrap();
        path.ancestors().skip(1).take_while(|above| above.parent().is_some()).for_each(|above| {
            assert!(memory.safe.folders.contains(above), "{} is lost", above.display());
        });
        memory.safe.names.get(path).map(|file| memory.synced[*file].clone())
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for Volatile {
    type File = usize;

    fn create(&self, path: &Path, content: &[u8]) -> io::Result<usize> {
        let mut memory = self.call()?;
        if !memory.now.folders.contains(path.parent().unwrap()) {
            return Err(missing());
        }
        let file = memory.contents.len();
        memory.contents.push(content.to_vec());
        memory.synced.push(Vec::new());
        memory.now.names.insert(path.to_path_buf(), file);
        Ok(file)
    }

    fn start_sync(&self, _: &usize) {}

    fn sync(&self, file: usize) -> io::Result<()> {
        let mut memory = self.call()?;
        if memory.is_worn_out {
            return Err(io::Error::other("input/output error"));
        }
        memory.synced[file] = memory.contents[file].clone();
        Ok(())
    }

    fn name(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.0.lock().unwrap().now.names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut memory = self.call()?;
        if !memory.now.folders.contains(to.parent().unwrap()) {
            return Err(missing());
        }
        let file = *memory.now.names.get(from).ok_or_else(missing)?;
        match memory.now.names.entry(to.to_path_buf()) {
            Entry::Occupied(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Entry::Vacant(free) => {
                free.insert(file);
                Ok(())
            }
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut memory = self.call()?;
        if !memory.now.folders.contains(to.parent().unwrap()) {
            return Err(missing());
        }
        let file = memory.now.names.remove(from).ok_or_else(missing)?;
        memory.now.names.insert(to.to_path_buf(), file);
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        let mut memory = self.call()?;
        let above = path.parent().unwrap();
        if above.parent().is_some() && !memory.now.folders.contains(above) {
            return Err(missing());
        }
        Ok(memory.now.folders.insert(path.to_path_buf()))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut memory = self.call()?;
        memory.folder_syncs += 1;
        let Memory { now, safe, .. } = &mut *memory;
        let within = |name: &PathBuf| name.parent() == Some(path);
        safe.names.retain(|name, _| !within(name));
        safe.names.extend(now.names.iter().filter(|(name, _)| within(name)).map(|(name, file)| (name.clone(), *file)));
        safe.folders.extend(now.folders.iter().filter(|name| within(name)).cloned());
        Ok(())
    }

    fn read(&self, path: &Path, _: u64) -> io::Result<Vec<u8>> {
        let memory = self.call()?;
        memory.now.names.get(path).map(|file| memory.contents[*file].clone()).ok_or_else(missing)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.0.lock().unwrap().now.names.contains_key(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call()?.now.names.remove(path).map(drop).ok_or_else(missing)
    }
}

/// Hears of invoices, and looks at once what a power cut would leave of them.
struct Listener<'s> {
    shop: &'s Shop,
    disk: Volatile,
    heard: Mutex<Vec<OrderId>>,
}

const ROOT: &str = "/nowhere/documents";

#[async_trait]
impl EventBus for Listener<'_> {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        for event in events.iter().filter(|event| event.name() == Some(EventName::InvoiceIssued)) {
            let issued = self.shop.orders.of(&[event.subject]).await?.pop().unwrap();
            let left = self.disk.after_a_power_cut(&Path::new(ROOT).join(document_path(&issued.number)));
            assert_eq!(left.map(|content| Fingerprint::of(&content)), issued.file, "{} is lost", issued.number);
            self.heard.lock().unwrap().push(event.subject);
        }
        Ok(())
    }
}

#[tokio::test]
async fn nothing_is_told_of_an_invoice_that_a_power_cut_would_take() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 12]).await;
    for id in &ids {
        shop.confirm(*id).await;
    }
    let disk = Volatile::default();
    let documents = Folder::open(disk.clone(), Path::new(ROOT)).unwrap();
    let bus = Listener { shop: &shop, disk: disk.clone(), heard: Mutex::default() };
    let orders = shop.orders.as_ref();
    let invoice_ports = InvoicePorts {
        numbers: orders,
        ledger: orders,
        issued: orders,
        printer: &PRINTER,
        documents: &documents,
        bus: &bus,
    };
    let before = disk.0.lock().unwrap().folder_syncs;
    assert!(issue_invoices(invoice_ports, &ids).await.iter().all(|outcome| *outcome == Outcome::Done));
    assert_eq!(bus.heard.lock().unwrap().len(), ids.len());
    // Two for the folders that are new, two since others may have left them so, and one for all documents.
    assert!(disk.0.lock().unwrap().folder_syncs - before <= 5, "a batch shares the sync of its folder");
}

#[tokio::test]
async fn one_that_is_put_over_another_is_the_one_or_the_other_at_any_moment() {
    let (path, kept) = (Path::new(ROOT).join("a/b.pdf"), Path::new(ROOT).join("set-aside/a/b.1.pdf"));
    let (first, second) = (b"first".to_vec(), b"second".to_vec());
    let mut moments = 0;
    loop {
        let disk = Volatile::default();
        let documents = Folder::open(disk.clone(), Path::new(ROOT)).unwrap();
        documents.put("a/b.pdf", first.clone()).await.unwrap();
        disk.stop_after(Some(moments));
        let is_whole = documents.put("a/b.pdf", second.clone()).await.is_ok();
        // Whether only the process is killed there, or the power is cut.
        for found in [disk.holds(&path), disk.after_a_power_cut(&path)] {
            assert!(found.as_ref() == Some(&first) || found.as_ref() == Some(&second), "{moments} calls: {found:?}");
            if found.as_ref() == Some(&second) {
                assert_eq!(disk.after_a_power_cut(&kept).as_ref(), Some(&first), "{moments} calls");
            }
        }
        disk.stop_after(None);
        documents.put("a/b.pdf", second.clone()).await.unwrap();
        assert_eq!(disk.after_a_power_cut(&path).as_ref(), Some(&second), "{moments} calls");
        assert_eq!(disk.after_a_power_cut(&kept).as_ref(), Some(&first), "{moments} calls");
        let again = Path::new(ROOT).join("set-aside/a/b.2.pdf");
        assert_eq!(disk.holds(&again), None, "{moments} calls: kept twice it is kept once");
        if is_whole {
            break;
        }
        moments += 1;
    }
    assert!(moments > 5, "it was stopped at {moments} moments");
}

#[tokio::test]
async fn one_that_was_named_by_whoever_was_cut_short_is_on_disk_once_it_is_filed_again() {
    let disk = Volatile::default();
    let documents = Folder::open(disk.clone(), Path::new(ROOT)).unwrap();
    documents.put("a/other.pdf", b"%PDF".to_vec()).await.unwrap();
    let path = Path::new(ROOT).join("a/b.pdf");
    // Neither its content nor its name is synced.
    disk.create(&path, b"the same").unwrap();
    assert_eq!(documents.file("a/b.pdf", b"the same".to_vec()).await.unwrap(), Filed::Stored);
    assert_eq!(disk.after_a_power_cut(&path), Some(b"the same".to_vec()));
}

#[tokio::test]
async fn a_draft_that_cannot_be_synced_is_removed_however_often_it_is_tried() {
    let disk = Volatile::default();
    let documents = Folder::open(disk.clone(), Path::new(ROOT)).unwrap();
    disk.0.lock().unwrap().is_worn_out = true;
    for _ in 0..3 {
        assert!(documents.put("a.pdf", b"%PDF".to_vec()).await.unwrap_err().away);
        assert!(documents.file("a.pdf", b"%PDF".to_vec()).await.unwrap_err().away);
    }
    assert_eq!(disk.0.lock().unwrap().now.names.len(), 0);
    disk.0.lock().unwrap().is_worn_out = false;
    assert_eq!(documents.file("a.pdf", b"%PDF".to_vec()).await.unwrap(), Filed::Stored);
}
