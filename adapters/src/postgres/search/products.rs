//! Products: a search that forgives typing errors, and reads little whatever it is asked. Few candidates are taken by each
//! way there is, led by what is rare in the catalogue, and only these are compared with the query.

use super::{
    super::{
        Asked,
        catalogue::ProductRow,
        folding::grams::{SEPARATOR, beginning, wanted, wanted_before},
    },
    PgSearch,
};
use schemas::api::product::Product;
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};
use workflows::ports::Unavailable;

/// The characters of a query that count: the API takes no more.
const QUERY: usize = 200;
/// How many of a query's pieces a product must have all to be a candidate for an exact match.
const EXACT: usize = 8;
/// How many products may have one of the rare pieces, all together, and how many pieces that may be.
const RARE: i64 = 3_000;
const RARE_PIECES: usize = 16;
/// The share of a query's pieces that a product must have, in per cent.
const ENOUGH: usize = 45;

/// A product to be compared with the query.
struct Candidate {
    sku: String,
    folded_sku: String,
    folded_name: String,
    grams: String,
}

/// What candidates are looked for by.
#[derive(Debug, PartialEq, Eq)]
struct Probes {
    exact: Vec<String>,
    rare: Vec<String>,
    pairs: [Option<Vec<String>>; 3],
}

impl PgSearch {
    pub(super) async fn find_products(&self, query: &str, limit: i64) -> Result<Vec<Product>, Unavailable> {
        let query: String = query.chars().take(QUERY).collect();
        let beginning = beginning(&query);
        let mut rated = Vec::new();
        // One after the other: most queries are spelt in one way.
        for grams in wanted(&query) {
            rated.extend(rate(self.product_candidates(&beginning, &grams).await?, &beginning, &grams));
        }
        if let Some(grams) = wanted_before(&query)
            && self.keeps_older_products().await?
        {
            rated.extend(rate(self.product_candidates(&beginning, &grams).await?, &beginning, &grams));
        }
        let skus = best(rated, usize::try_from(limit).unwrap_or_default());
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_file_as!(ProductRow, "sql/search/find_products.sql", &skus)
            .fetch_all(&self.database.durable)
            .await
            .asked("search.products")?;
        let mut by_sku: HashMap<String, ProductRow> = rows.into_iter().map(|row| (row.sku.clone(), row)).collect();
        let found = skus.iter().filter_map(|sku| by_sku.remove(sku));
        Ok(found.filter_map(|row| row.readable(&self.database.passed_over)).collect())
    }

    /// Products that may be meant by a query of these pieces that begins so.
    async fn product_candidates(
        &self,
        beginning: &str,
        grams: &HashSet<String>,
    ) -> Result<Vec<Candidate>, Unavailable> {
        let probes = Probes::of(self.gram_frequencies(grams).await?);
        let [first, second, third] = &probes.pairs;
        sqlx::query_file_as!(
            Candidate,
            "sql/search/product_candidates.sql",
            beginning,
            &probes.exact,
            &probes.rare,
            first.as_deref(),
            second.as_deref(),
            third.as_deref()
        )
        .fetch_all(&self.database.durable)
        .await
        .asked("search.products")
    }

    /// The pieces of a query with how many products have each, the rarest first.
    async fn gram_frequencies(&self, grams: &HashSet<String>) -> Result<Vec<(i64, String)>, Unavailable> {
        let mut all: Vec<String> = grams.iter().cloned().collect();
        all.sort_unstable();
        let known = sqlx::query_file!("sql/search/gram_frequencies.sql", &all)
            .fetch_all(&self.database.durable)
            .await
            .asked("search.products")?;
        let known: HashMap<String, i64> = known.into_iter().map(|row| (row.gram, row.products)).collect();
        let mut rated: Vec<(i64, String)> =
            all.into_iter().map(|gram| (known.get(&gram).copied().unwrap_or_default(), gram)).collect();
        rated.sort();
        Ok(rated)
    }
}

impl Probes {
    /// Of pieces with how many products have each, the rarest first.
    fn of(rated: Vec<(i64, String)>) -> Self {
        let exact = rated.iter().take(EXACT).map(|(_, gram)| gram.clone()).collect();
        let mut products = 0_i64;
        let (mut rare, mut common) = (Vec::new(), Vec::new());
        for (has_it, gram) in rated {
            products = products.saturating_add(has_it);
            if products <= RARE && rare.len() < RARE_PIECES {
                rare.push(gram);
            } else {
                common.push(gram);
            }
        }
        // What was spelt wrong is often rare and in no product that is meant: of the others any two may be right.
        let pair = |a: usize, b: usize| Some(vec![common.get(a)?.clone(), common.get(b)?.clone()]);
        let pairs = [pair(0, 1), pair(0, 2), pair(1, 2)];
        Self { exact, rare, pairs }
    }
}

/// How well a candidate fits, the least being the best: the SKU itself, then what begins with the query, then by the share
/// found.
type Rating = (Reverse<bool>, Reverse<bool>, Reverse<usize>, usize, String);

/// Of the candidates those that have enough of the pieces.
fn rate(candidates: Vec<Candidate>, beginning: &str, grams: &HashSet<String>) -> Vec<Rating> {
    let rated = candidates.into_iter().filter_map(|candidate| {
        let (mut has, mut hits) = (0_usize, 0_usize);
        for gram in candidate.grams.split(SEPARATOR) {
            has += 1;
            hits += usize::from(grams.contains(gram));
        }
        let is_it = candidate.folded_sku == beginning;
        let begins = candidate.folded_sku.starts_with(beginning) || candidate.folded_name.starts_with(beginning);
        let enough = hits * 100 >= grams.len() * ENOUGH;
        enough.then_some((Reverse(is_it), Reverse(begins), Reverse(hits), has, candidate.sku))
    });
    rated.collect()
}

/// The SKUs of the best, best first, each once.
fn best(mut rated: Vec<Rating>, limit: usize) -> Vec<String> {
    rated.sort_unstable();
    let mut seen = HashSet::new();
    let skus = rated.into_iter().map(|(_, _, _, _, sku)| sku).filter(|sku| seen.insert(sku.clone()));
    skus.take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rated(of: &[(i64, &str)]) -> Vec<(i64, String)> {
        of.iter().map(|(count, gram)| (*count, (*gram).to_owned())).collect()
    }

    #[test]
    fn what_is_rare_is_looked_for_alone_and_what_is_not_by_twos() {
        let probes = Probes::of(rated(&[(0, "ntr"), (1_000, "lan"), (2_000, "ter"), (9_000, "  l"), (9_001, " la")]));
        assert_eq!(probes.rare, ["ntr", "lan", "ter"]);
        assert_eq!(probes.pairs, [Some(vec!["  l".to_owned(), " la".to_owned()]), None, None]);
        let common = Probes::of(rated(&[(70_000, "a"), (80_000, "b"), (90_000, "c"), (99_000, "d")]));
        assert!(common.rare.is_empty() && common.pairs.iter().all(Option::is_some), "{common:?}");
    }

    #[test]
    fn a_query_without_statistics_asks_for_few_pieces_all_the_same() {
        let many: Vec<(i64, String)> = (0..600).map(|n| (0, format!("{n:03}"))).collect();
        let probes = Probes::of(many);
        assert_eq!((probes.exact.len(), probes.rare.len()), (EXACT, RARE_PIECES));
    }
}
