//! What the demo shows while orders are under way: on a terminal those that are still moving are redrawn in place, and
//! each goes up into the scrolling list when it has ended; anywhere else, one line for each change.

use super::ends::End;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime::say;
use schemas::api::order::{Order, Status};
use std::{io::IsTerminal, time::Duration};
use tokio::time::Instant;

/// After so long without a change, a plain listing says what it waits for.
const SILENCE: Duration = Duration::from_secs(4);

/// News of one row.
pub(super) struct News {
    pub(super) row: usize,
    pub(super) seen: Seen,
    /// What it came to, with its last news.
    pub(super) end: Option<End>,
}

/// What is seen of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Not sent yet.
    Nothing,
    /// The order as it was read.
    Order(Box<Order>),
    /// A request that made no order.
    NoOrder {
        /// In one word.
        status: &'static str,
        /// Why.
        why: String,
    },
}

/// One line of the table.
struct Row {
    what: &'static str,
    patience: Option<&'static str>,
    seen: Seen,
    ended: bool,
}

/// The table.
pub(super) struct Board {
    rows: Vec<Row>,
    started: Instant,
    changed: Instant,
    bar: Option<ProgressBar>,
}

impl Board {
    /// A table of rows, each with its kind and how long it takes, if that is long. Prints its head.
    pub(super) fn new(rows: impl IntoIterator<Item = (&'static str, Option<&'static str>)>) -> Self {
        let now = Instant::now();
        let rows = rows
            .into_iter()
            .map(|(what, patience)| Row { what, patience, seen: Seen::Nothing, ended: false })
            .collect();
        let on_terminal = std::io::stdout().is_terminal();
        let bar = on_terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        say!("{}{}", margin(on_terminal, None), columns("what", "order", "status", "total", "reason or invoice"));
        Self { rows, started: now, changed: now, bar }
    }

    /// How many rows have ended.
    pub(super) fn ended(&self) -> usize {
        self.rows.iter().filter(|row| row.ended).count()
    }

    /// Takes news in and shows it.
    pub(super) fn tell(&mut self, news: &News) {
        let Some(row) = self.rows.get_mut(news.row) else { return };
        let before = row.line();
        row.seen = news.seen.clone();
        row.ended = news.end.is_some();
        let line = row.line();
        if line == before && !row.ended {
            // Something changed that the table does not show.
            return;
        }
        self.changed = Instant::now();
        match &self.bar {
            Some(bar) if news.end.is_some() => bar.println(line),
            Some(_) => {}
            None => say!("{}{line}", margin(false, Some(self.started.elapsed()))),
        }
        self.redraw();
    }

    /// Shows that time passes.
    pub(super) fn tick(&mut self) {
        self.redraw();
        if self.bar.is_none() && self.changed.elapsed() >= SILENCE {
            self.changed = Instant::now();
            let waiting: Vec<String> = self.under_way().map(Row::waiting).collect();
            say!("{}... still under way: {}", margin(false, Some(self.started.elapsed())), waiting.join(", "));
        }
    }

    /// Leaves what was printed, and takes away what moves.
    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            for row in self.under_way() {
                say!("{}", row.line());
            }
        }
    }

    fn under_way(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.ended)
    }

    fn redraw(&self) {
        let Some(bar) = &self.bar else { return };
        let mut text =
            format!("-- {} of {} ended, {} s --", self.ended(), self.rows.len(), self.started.elapsed().as_secs());
        // What does not fit on the screen is cut off below, so the orders that were sent come first.
        let sent = |row: &&Row| row.seen != Seen::Nothing;
        for row in self.under_way().filter(sent) {
            text.push('\n');
            text.push_str(&row.line());
        }
        bar.set_message(text);
        bar.tick();
    }
}

impl Row {
    fn line(&self) -> String {
        match &self.seen {
            Seen::Nothing => columns(self.what, "", "not sent", "", ""),
            Seen::NoOrder { status, why } => columns(self.what, "-", status, "", why),
            Seen::Order(order) => {
                let total = order.total.map(|total| total.to_string()).unwrap_or_default();
                columns(self.what, &short(order), order.status.as_str(), &total, &self.remark(order))
            }
        }
    }

    fn remark(&self, order: &Order) -> String {
        let code = order.payment.as_ref().and_then(|payment| payment.code.as_deref());
        match (order.reason, &order.invoice, code) {
            (Some(_), _, Some(code)) => code.to_owned(),
            (Some(reason), _, None) => reason.to_string(),
            (None, Some(invoice), _) => invoice.number.clone(),
            (None, None, _) if order.status == Status::Confirmed => "invoice to come".to_owned(),
            (None, None, _) if order.status.is_decided() => String::new(),
            (None, None, _) => self.patience.unwrap_or_default().to_owned(),
        }
    }

    fn waiting(&self) -> String {
        match self.patience {
            Some(patience) => format!("{} ({patience})", self.what.trim()),
            None => self.what.trim().to_owned(),
        }
    }
}

/// The end of an id: its beginning is the time, which all orders of a demo share.
fn short(order: &Order) -> String {
    let id = order.id.to_string();
    id.get(id.len().saturating_sub(8)..).unwrap_or(&id).to_owned()
}

/// Eighty columns, if the remark is no longer than 22.
fn columns(what: &str, order: &str, status: &str, total: &str, remark: &str) -> String {
    format!("{what:<24} {order:<8} {status:<9} {total:>12}  {remark}").trim_end().to_owned()
}

/// A plain line begins with its time; a redrawn table needs none.
fn margin(on_terminal: bool, elapsed: Option<Duration>) -> String {
    match (on_terminal, elapsed) {
        (true, _) => String::new(),
        (false, None) => "   time  ".to_owned(),
        (false, Some(elapsed)) => format!("{:>3}.{:02} s ", elapsed.as_secs(), elapsed.subsec_millis() / 10),
    }
}
