//! Scheduled, on AWS: makes the copy of the catalogue that buyers read there equal to the order database's own, so that a
//! crowd of readers does not reach the database.
//!
//! Both are read side by side in the order of their SKUs, page by page, so neither is ever in memory whole, and only what
//! differs is written. A product that the database cannot give is in no page of it, so it goes from the copy too; one that the
//! copy refuses keeps no other from being shown. Two runs at once do the same work twice; if the database changes between their reads, one may put
//! back what the other brought, until the next run. So a page of products is as old as the last run and the time it took.
//! That decides nothing: `reserve` takes price and stock from the database, and a buyer who wants no other price than
//! the one shown says so with `expected_total`.

use crate::ports::{Catalogue, CatalogueCopy, Unavailable};
use schemas::api::product::Product;
use std::{cmp::Ordering, collections::VecDeque};

/// Products read at once, from either side.
const PAGE: i64 = 500;
/// Changes that are gathered before they are written.
const BATCH: usize = 500;

/// Refused products that a run goes on behind: it is no product that is at fault if there are more.
const MOST_REFUSED: usize = 20;

/// What was changed about the copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Products that were new or differed.
    pub put: usize,
    /// Products that the database has no more.
    pub removed: usize,
    /// The SKUs of products that the copy did not take, each with why.
    pub refused: Vec<(String, String)>,
}

/// Says what it changed.
pub async fn publish_catalogue(catalogue: &dyn Catalogue, copy: &dyn CatalogueCopy) -> Result<Published, Unavailable> {
    let (mut originals, mut copies) = (Reading::of(catalogue), Reading::of(copy));
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    let mut published = Published::default();
    loop {
        let order = match (originals.peek().await?, copies.peek().await?) {
            (Some(original), Some(copied)) => original.sku.cmp(&copied.sku),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        match order {
            Ordering::Less => new.extend(originals.next()),
            Ordering::Greater => gone.extend(copies.next().map(|copied| copied.sku)),
            Ordering::Equal => {
                let (original, copied) = (originals.next(), copies.next());
                if original != copied {
                    new.extend(original);
                }
            }
        }
        if new.len() + gone.len() >= BATCH {
            write(copy, &mut new, &mut gone, &mut published).await?;
        }
    }
    write(copy, &mut new, &mut gone, &mut published).await?;
    Ok(published)
}

async fn write(
    copy: &dyn CatalogueCopy,
    new: &mut Vec<Product>,
    gone: &mut Vec<String>,
    published: &mut Published,
) -> Result<(), Unavailable> {
    put(copy, new, published).await?;
    if !gone.is_empty() {
        copy.remove(gone).await?;
        published.removed += gone.len();
    }
    new.clear();
    gone.clear();
    Ok(())
}

/// Together; and where the request is at fault, by halves, until the product that it is stands alone.
async fn put(copy: &dyn CatalogueCopy, products: &[Product], published: &mut Published) -> Result<(), Unavailable> {
    let mut chunks = vec![products];
    while let Some(chunk) = chunks.pop() {
        if chunk.is_empty() {
            continue;
        }
        match copy.put(chunk).await {
            Ok(()) => published.put += chunk.len(),
            Err(error) if error.away || published.refused.len() >= MOST_REFUSED => return Err(error),
            Err(error) => match chunk {
                [product] => published.refused.push((product.sku.clone(), error.chain())),
                _ => {
                    let (first, rest) = chunk.split_at(chunk.len() / 2);
                    chunks.extend([rest, first]);
                }
            },
        }
    }
    Ok(())
}

/// A catalogue, read from its lowest SKU to its highest.
struct Reading<'c> {
    from: &'c dyn Catalogue,
    /// Read, and not yet taken.
    page: VecDeque<Product>,
    /// Where the next page begins, and whether there is one.
    cursor: Option<String>,
    more: bool,
}

impl<'c> Reading<'c> {
    fn of(from: &'c dyn Catalogue) -> Self {
        Self { from, page: VecDeque::new(), cursor: None, more: true }
    }

    /// The product that `next` takes.
    async fn peek(&mut self) -> Result<Option<&Product>, Unavailable> {
        while self.page.is_empty() && self.more {
            let page = self.from.products(self.cursor.as_deref(), PAGE).await?;
            let after = self.cursor.iter().chain(page.items.iter().map(|product| &product.sku));
            if !after.is_sorted_by(|one, next| one < next) {
                // Sides that sort differently would have products removed that are still sold.
                return Err(Unavailable::at_fault(
                    "catalogue.products",
                    "the SKUs do not follow each other by their bytes",
                ));
            }
            self.more = page.next_cursor.is_some();
            self.cursor = page.next_cursor;
            self.page = page.items.into();
        }
        Ok(self.page.front())
    }

    fn next(&mut self) -> Option<Product> {
        self.page.pop_front()
    }
}
