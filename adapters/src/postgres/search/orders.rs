//! Orders: showing them as they are now, and finding them for support.

use super::{
    PgSearch,
    words::{WORD, words},
};
use crate::postgres::{
    Asked,
    folding::{Piece, VERSION, pieces, spelling_before, spellings},
    orders::{invoice_numbers::SERIES, rows::read_number},
};
use schemas::ids::OrderId;
use sqlx::{Acquire, PgConnection};
use uuid::Uuid;
use workflows::ports::Unavailable;

/// The words of a query that count; a caller on the phone says fewer.
const MOST_TERMS: usize = 16;
/// A word of fewer letters must be there whole, unless it is all there is to go by: very many begin so.
const SHORT: usize = 3;

impl PgSearch {
    /// Shows the orders as the database has them now.
    pub(super) async fn show_orders(&self, ids: &[Uuid]) -> Result<(), Unavailable> {
        let mut connection = self.database.relaxed.acquire().await.asked("search.index_orders")?;
        show_orders(&mut connection, ids).await
    }

    pub(super) async fn find_orders(&self, query: &str, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let query = query.trim();
        if let Ok(id) = query.parse::<Uuid>() {
            return Ok(vec![OrderId(id)]);
        }
        let mut found = Vec::new();
        if let Some((first, last)) = ids_beginning_with(query) {
            found = sqlx::query_scalar!(
                "-- search.find_orders_by_id
                 select order_id from order_search where order_id >= $1 and order_id <= $2
                 order by order_id desc limit $3",
                first,
                last,
                limit
            )
            .fetch_all(&self.database.durable)
            .await
            .asked("search.orders")?;
        }
        if let Some((year, number)) = read_number(query) {
            let of_invoice = sqlx::query_scalar!(
                "-- search.find_order_by_invoice
                 select order_id from invoices where series = $1 and year = $2 and number = $3",
                SERIES,
                year,
                number
            )
            .fetch_optional(&self.database.durable)
            .await
            .asked("search.orders")?;
            found.extend(of_invoice);
        }
        let terms = terms(query);
        if !terms.is_empty() {
            let by_words = sqlx::query_file_scalar!("sql/search/find_orders.sql", terms, limit)
                .fetch_all(&self.database.durable)
                .await
                .asked("search.orders")?;
            found.extend(by_words);
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.dedup();
        found.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(found.into_iter().map(OrderId).collect())
    }
}

/// Shows them by that connection.
pub(super) async fn show_orders(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), Unavailable> {
    let connection = connection.acquire().await.asked("search.index_orders")?;
    let unseen = sqlx::query_file!("sql/search/show_orders.sql", ids, VERSION)
        .fetch_all(&mut *connection)
        .await
        .asked("search.index_orders")?;
    if unseen.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = unseen.iter().map(|order| order.id).collect();
    let words: Vec<String> = unseen.iter().map(|order| words(&order.text)).collect();
    sqlx::query_file!("sql/search/add_orders.sql", &ids, &words, VERSION)
        .execute(&mut *connection)
        .await
        .asked("search.index_orders")?;
    Ok(())
}

/// A query as the index is asked, with `@` for the slice: every word must stand, in one of its spellings, at the beginning of
/// a word of the order. It is written out here, because PostgreSQL would fold it by the rules of the database's language.
fn terms(query: &str) -> String {
    let alone = pieces(query).len() == 1;
    let (mut terms, mut left) = (Vec::new(), MOST_TERMS);
    for word in query.split_whitespace() {
        let (mut ways, mut longest) = (Vec::new(), 0);
        // How the version before folded it is one way more of the same statement: to ask first whether any such order is left
        // would cost as much.
        for spelling in spellings(word).into_iter().chain(spelling_before(word)) {
            let mut parts: Vec<String> = spelling.into_iter().flat_map(|piece| terms_of(piece, alone)).collect();
            parts.truncate(left);
            longest = longest.max(parts.len());
            let way = parts.join(" & ");
            if !way.is_empty() && !ways.contains(&way) {
                ways.push(way);
            }
        }
        left = left.saturating_sub(longest);
        match ways.as_slice() {
            [] => {}
            [way] => terms.push(way.clone()),
            _ => terms.push(format!("({})", ways.join(" | "))),
        }
    }
    terms.join(" & ")
}

fn terms_of(piece: Piece, alone: bool) -> Vec<String> {
    match piece {
        Piece::Word(word) => {
            let word: String = word.chars().take(WORD).collect();
            let whole = word.chars().count() < SHORT && !alone;
            vec![format!("'@{word}'{}", if whole { "" } else { ":*" })]
        }
        Piece::Run(run) if run.len() > 1 => {
            run.windows(2).map(|two| format!("'@{}'", two.iter().collect::<String>())).collect()
        }
        Piece::Run(run) => vec![format!("'@{}':*", run.iter().collect::<String>())],
    }
}

/// The range of ids that begin so, if it is the beginning of one: eight hexadecimal digits at least.
fn ids_beginning_with(text: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if !(8..=32).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let padded = |with: &str| format!("{digits}{}", with.repeat(32 - digits.len())).parse().ok();
    Some((padded("0")?, padded("f")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_asked_word_by_word() {
        for (query, asked) in [
            ("Mueller", "'@mueller':*"),
            ("Müller", "('@muller':* | '@mueller':*)"),
            ("O'Brien", "('@o' & '@brien':* | '@obrien':*)"),
            ("علی", "('@علي':* | '@علی':*)"),
            ("m", "'@m':*"),
            ("zo Müller", "'@zo' & ('@muller':* | '@mueller':*)"),
            ("山田太", "'@山田' & '@田太'"),
            ("郎", "'@郎':*"),
            ("' or 1=1; \\", "'@or' & '@1' & '@1'"),
            ("&|!:*", ""),
        ] {
            assert_eq!(terms(query), asked, "{query}");
        }
        assert_eq!(terms(&"word ".repeat(1_000)).matches('@').count(), MOST_TERMS);
        // Twice four spellings of each are what one may ask for.
        assert!(terms(&"l'übung ".repeat(1_000)).matches('@').count() <= 4 * MOST_TERMS);
    }
}
