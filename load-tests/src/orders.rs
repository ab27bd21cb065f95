//! The orders that are sent: made before the clock starts, from one seed, so that a run can be repeated to the byte and
//! making them costs the measurement nothing.

use crate::draw::Weighted;
use fastrand::Rng;
use serde_json::json;
use std::{collections::BTreeSet, fmt::Write};

const MOST_LINES: usize = 10;
const MEAN_LINES: f64 = 3.0;
const MOST_UNITS: u64 = 3;
/// So much of everything that nothing runs out.
pub(crate) const AMPLE: u64 = 100_000_000;
/// The names on the parcels: not all of the world writes ASCII.
const BUYERS: [(&str, &str, &str, &str); 6] = [
    ("Zoë Müller", "Hannover", "30159", "DE"),
    ("John Smith", "London", "N1 1AA", "GB"),
    ("Søren Ångström", "København", "1050", "DK"),
    ("Łucja Wójcik", "Kraków", "31-002", "PL"),
    ("Νίκος Παπαδόπουλος", "Αθήνα", "10552", "GR"),
    ("Ana Conceição", "Lisboa", "1100-148", "PT"),
];

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// 1 to 10 lines, 3 on average, over that many SKUs by Zipf's law.
    Zipf { skus: usize },
    /// Everybody wants one unit of the same.
    OneSku,
    /// That many lines, each another SKU.
    Many { lines: usize, skus: usize },
}

/// A kind of load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mix {
    pub(crate) wanted: Wanted,
    pub(crate) customers: usize,
    /// Share of orders whose card is declined.
    pub(crate) declined: f64,
    /// Share of requests that repeat an earlier one, key and body.
    pub(crate) repeated: f64,
}

/// A request to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Whose, as an index.
    pub(crate) customer: usize,
    pub(crate) key: String,
    pub(crate) body: String,
    pub(crate) declined: bool,
    /// The index of the request that it repeats.
    pub(crate) repeats: Option<usize>,
}

impl Mix {
    /// What shops usually get: many goods by Zipf's law, a few cards that are declined, a few impatient buyers.
    pub(crate) const fn usual(customers: usize) -> Self {
        Self { wanted: Wanted::Zipf { skus: 5_000 }, customers, declined: 0.05, repeated: 0.02 }
    }

    /// The first `count` requests of a seed.
    pub(crate) fn requests(&self, count: usize, seed: u64) -> Vec<Request> {
        let mut random = Rng::with_seed(seed);
        let baskets = Baskets::new(self.wanted);
        let mut requests: Vec<Request> = Vec::with_capacity(count);
        let mut originals: Vec<usize> = Vec::with_capacity(count);
        for index in 0..count {
            if !originals.is_empty() && random.f64() < self.repeated {
                let earlier = originals.get(random.usize(..originals.len())).copied().unwrap_or_default();
                if let Some(original) = requests.get(earlier).cloned() {
                    requests.push(Request { repeats: Some(earlier), ..original });
                    continue;
                }
            }
            originals.push(index);
            requests.push(self.order(index, &baskets, &mut random));
        }
        requests
    }

    fn order(&self, index: usize, baskets: &Baskets, random: &mut Rng) -> Request {
        let customer = random.usize(..self.customers.max(1));
        let declined = random.f64() < self.declined;
        let lines: Vec<_> = baskets
            .draw(random)
            .into_iter()
            .map(|(rank, quantity)| json!({ "sku": sku(rank), "quantity": quantity }))
            .collect();
        let (name, city, postal_code, country) =
            BUYERS.get(customer % BUYERS.len()).copied().unwrap_or(("Zoe", "Hannover", "30159", "DE"));
        let body = json!({
            "currency": "EUR",
            "lines": lines,
            "email": format!("{}@example.com", customer_name(customer)),
            "shipping_address": {
                "name": name, "line1": format!("{} High Street", 1 + customer % 99), "city": city,
                "postal_code": postal_code, "country": country,
            },
            "payment": { "method": if declined { "pm_card_chargeDeclined" } else { "pm_card_visa" } },
        });
        Request { customer, key: format!("load-{index}"), body: body.to_string(), declined, repeats: None }
    }

    /// The catalogue that these orders want, as a file for `catalog import`, with that stock of each SKU.
    pub(crate) fn catalogue(&self, stock: u64) -> String {
        let skus = match self.wanted {
            Wanted::Zipf { skus } | Wanted::Many { skus, .. } => skus,
            Wanted::OneSku => 1,
        };
        let mut csv = "sku,name,price,currency,tax_rate,stock\n".to_owned();
        for rank in 0..skus {
            let (euros, cents, tax) = (1 + rank * 37 % 90, rank * 13 % 100, if rank % 4 == 0 { 7 } else { 19 });
            // Writing to a string cannot fail.
            writeln!(csv, "{},Article number {},{euros}.{cents:02},EUR,{tax},{stock}", sku(rank), rank + 1)
                .unwrap_or_default();
        }
        csv
    }
}

/// What customers call themselves.
pub(crate) fn customer_name(customer: usize) -> String {
    format!("load-customer-{customer}")
}

fn sku(rank: usize) -> String {
    format!("SKU-{rank:05}")
}

enum Baskets {
    Zipf { skus: Weighted, further_lines: Weighted },
    OneUnit,
    Many { lines: usize, skus: usize },
}

impl Baskets {
    fn new(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Zipf { skus } => Self::Zipf {
                skus: Weighted::zipf(skus),
                further_lines: Weighted::geometric(MOST_LINES, MEAN_LINES - 1.0),
            },
            Wanted::OneSku => Self::OneUnit,
            Wanted::Many { lines, skus } => Self::Many { lines, skus },
        }
    }

    /// Different SKUs with their quantities; a basket adds up what is put in twice.
    fn draw(&self, random: &mut Rng) -> Vec<(usize, u64)> {
        match self {
            Self::OneUnit => vec![(0, 1)],
            Self::Many { lines, skus } => {
                let ranks = random.choose_multiple(0..*skus, *lines);
                ranks.into_iter().map(|rank| (rank, random.u64(1..=MOST_UNITS))).collect()
            }
            Self::Zipf { skus, further_lines } => {
                let lines = 1 + further_lines.draw(random);
                let mut different = BTreeSet::new();
                let mut basket = Vec::with_capacity(lines);
                while basket.len() < lines {
                    let rank = skus.draw(random);
                    if different.insert(rank) {
                        basket.push((rank, random.u64(1..=MOST_UNITS)));
                    }
                }
                basket
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use schemas::api::order_request::OrderRequest;
    use std::collections::HashMap;

    const MIX: Mix = Mix::usual(200);

    #[test]
    fn the_mix_is_the_one_that_was_asked_for() {
        let requests = MIX.requests(20_000, 1);
        let orders: Vec<&Request> = requests.iter().filter(|request| request.repeats.is_none()).collect();
        let share = |count: usize, of: usize| count as f64 / of as f64;
        assert!((share(requests.len() - orders.len(), requests.len()) - 0.02).abs() < 0.004);
        let declined = orders.iter().filter(|order| order.declined).count();
        assert!((share(declined, orders.len()) - 0.05).abs() < 0.006);
        let bodies: Vec<OrderRequest> = orders.iter().map(|order| serde_json::from_str(&order.body).unwrap()).collect();
        let lines: usize = bodies.iter().map(|body| body.lines.len()).sum();
        assert!((share(lines, bodies.len()) - 3.0).abs() < 0.08);
        assert!(bodies.iter().all(|body| body.errors().is_empty() && (1..=10).contains(&body.lines.len())));
        let charged = bodies.iter().filter(|body| body.payment.method == "pm_card_visa").count();
        assert_eq!(charged, orders.len() - declined);
    }

    #[test]
    fn a_repeat_has_the_key_and_the_body_of_an_earlier_request_and_no_other_does() {
        let requests = MIX.requests(5_000, 2);
        let mut originals = HashMap::new();
        for (index, request) in requests.iter().enumerate() {
            match request.repeats {
                None => assert_eq!(originals.insert(&request.key, index), None, "{}", request.key),
                Some(earlier) => {
                    assert_eq!(originals.get(&request.key), Some(&earlier));
                    let original = &requests[earlier];
                    assert_eq!((&request.body, request.customer), (&original.body, original.customer));
                }
            }
        }
        assert!(originals.len() < requests.len());
    }

    #[test]
    fn a_seed_gives_the_same_orders_again() {
        assert_eq!(MIX.requests(100, 3), MIX.requests(100, 3));
        assert_ne!(MIX.requests(100, 3), MIX.requests(100, 4));
    }

    #[test]
    fn the_catalogue_has_every_sku_once() {
        let csv = MIX.catalogue(9);
        assert_eq!(csv.lines().count(), 5_001);
        assert!(csv.lines().skip(1).all(|line| line.split(',').count() == 6 && line.ends_with(",9")));
        let one = Mix { wanted: Wanted::OneSku, ..MIX };
        assert_eq!(one.catalogue(9).lines().count(), 2);
        assert!(one.requests(50, 1).iter().all(|request| request.body.contains(r#""sku":"SKU-00000""#)));
    }
}
