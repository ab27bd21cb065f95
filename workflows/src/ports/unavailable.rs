//! What a port answers when it did not do what was asked.

/// Something outside did not do what was asked: the work is to be tried again.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed")]
pub struct Unavailable {
    /// What was asked, such as `orders.apply`.
    pub what: &'static str,
    /// Whether it is the other side that is away (so that waiting helps), and not the request that is at fault.
    pub away: bool,
    /// Why, if it said.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Unavailable {
    /// The other side is away, for the reason given.
    pub fn because(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, away: true, source: Some(source.into()) }
    }

    /// The other side is there and did not take the request: asking the same again changes nothing.
    pub fn at_fault(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, away: false, source: Some(source.into()) }
    }

    /// The same failure for another of those that shared the request.
    pub fn shared(&self) -> Self {
        Self {
            what: self.what,
            away: self.away,
            source: self.source.as_ref().map(|source| flat(source.as_ref()).into()),
        }
    }

    /// The whole chain in one line, for the one place that logs it.
    pub fn chain(&self) -> String {
        flat(self)
    }
}

/// Many an error ends with what its source says, and the source then says it again: once is enough.
fn flat(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let source = error.to_string();
        if !text.ends_with(&source) {
            text.push_str(": ");
            text.push_str(&source);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says what its source says, as errors of databases do.
    #[derive(Debug, thiserror::Error)]
    #[error("error returned from database: {0}")]
    struct Returned(#[source] Unavailable);

    #[test]
    fn a_chain_says_nothing_twice() {
        let cause = Unavailable::at_fault("no units", "none");
        let error = Unavailable::at_fault("orders.apply", Returned(cause));
        assert_eq!(error.chain(), "orders.apply failed: error returned from database: no units failed: none");
    }
}
