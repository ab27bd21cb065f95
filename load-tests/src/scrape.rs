//! Reads what `/metrics` says: OpenMetrics text, as far as counters and gauges go.

use std::collections::BTreeMap;

/// The lines of one answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Metrics(Vec<(String, BTreeMap<String, String>, f64)>);

impl Metrics {
    /// Lines that are none are left out.
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// The sum of everything of that name that carries all of these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let carries = |found: &BTreeMap<String, String>| {
            labels.iter().all(|(label, value)| found.get(*label).is_some_and(|found| found == value))
        };
        self.0.iter().filter(|(found, its, _)| found == name && carries(its)).map(|(_, _, value)| value).sum()
    }

    /// The value for each value of a label.
    pub(crate) fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let of_name = self.0.iter().filter(|(found, _, _)| found == name);
        of_name.filter_map(|(_, labels, value)| Some((labels.get(label)?.clone(), *value))).collect()
    }
}

fn sample(line: &str) -> Option<(String, BTreeMap<String, String>, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, labels)) = series.split_once('{') else {
        return Some((series.to_owned(), BTreeMap::new(), value));
    };
    // No label's value has a comma or a quote: they are words of the pipeline.
    let labels = labels.strip_suffix('}')?.split(',').filter_map(|label| {
        let (name, value) = label.split_once('=')?;
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    });
    Some((name.to_owned(), labels.collect(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE sluice_messages_settled counter\n\
        sluice_messages_settled_total{queue=\"index\",outcome=\"done\"} 40\n\
        sluice_messages_settled_total{queue=\"index\",outcome=\"retry\"} 2\n\
        sluice_messages_settled_total{queue=\"invoice\",outcome=\"done\"} 7\n\
        sluice_orders_accepted_total 12\n\
        sluice_queue_messages{queue=\"intake\"} 3\n\
        # EOF\n";

    #[test]
    fn values_are_found_by_name_and_labels() {
        let metrics = Metrics::parse(TEXT);
        assert_eq!(metrics.sum("sluice_orders_accepted_total", &[]), 12.0);
        assert_eq!(metrics.sum("sluice_messages_settled_total", &[("queue", "index"), ("outcome", "done")]), 40.0);
        assert_eq!(metrics.sum("sluice_messages_settled_total", &[("queue", "index")]), 42.0);
        assert_eq!(metrics.sum("sluice_messages", &[]), 0.0);
        assert_eq!(metrics.by("sluice_queue_messages", "queue"), BTreeMap::from([("intake".to_owned(), 3.0)]));
    }
}
