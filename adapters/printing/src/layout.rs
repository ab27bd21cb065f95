//! Lays an invoice out on A4 pages: letterhead, addresses, the table of lines with its head on every page, totals that
//! never stand alone, and a footer. All lengths are thousandths of a point, measured from the top left.

use schemas::{
    country::country_name,
    kept::{Party, TaxCategory},
};
use workflows::billing::{InvoiceDocument, InvoiceLine, Payment, TaxSubtotal, Totals};

use crate::{
    canvas::{Canvas, HEIGHT},
    columns::{Columns, heads, rate, unit_price_of, width},
    exemption,
    fonts::SEPARATOR,
    format::{grouped, long_date, one_line},
    gross_price,
    style::{
        ACCENT, BAND, BODY, FOOTER, GRAND_TOTAL, HEADLINE, LABEL, LEFT, LETTERHEAD, RIGHT, RULE, SMALL, STRONG, Style,
        TABLE_HEAD, WATERMARK,
    },
    text::{self, Line, Used},
};

const TOP: i64 = 52_000;
/// Where the body ends and the footer's room begins.
const BOTTOM: i64 = HEIGHT - 82_000;

const HAIRLINE: i64 = 500;

/// A text beyond so many lines is cut short: the XML has it in full, and a page must not be filled by one name.
const NAME_LINES: usize = 30;
const ADDRESS_LINES: usize = 6;
const REASON_LINES: usize = 3;

/// Height of a line of body text and of small text.
const LEADING: i64 = 12_500;
const SMALL_LEADING: i64 = 11_500;
/// Room above and below the text of a row, and the height of the table's head.
const ROW_PADDING: i64 = 4_500;
const HEAD_HEIGHT: i64 = 20_000;
/// Height of one line of the totals, of the last ones, and the room above them.
const TOTAL_LEADING: i64 = 16_000;
const GRAND_LEADING: i64 = 24_000;
const TOTALS_GAP: i64 = 12_000;
const TOTALS_WIDTH: i64 = 232_000;
/// Between a label of the totals and its amount, at least.
const AMOUNT_GAP: i64 = 8_000;

/// Draws all pages and returns the operators of each.
pub(super) fn draw(document: &InvoiceDocument, totals: &Totals, used: &mut Used) -> Vec<Vec<u8>> {
    let columns = Columns::fit(document, totals);
    let page = Canvas::new();
    let mut painter = Painter { document, totals, columns, used, done: Vec::new(), page, y: TOP };
    painter.watermark();
    painter.letterhead();
    painter.addresses();
    painter.table();
    painter.totals();
    painter.footers().into_iter().map(|page| page.operators).collect()
}

struct Painter<'a> {
    document: &'a InvoiceDocument,
    totals: &'a Totals,
    columns: Columns,
    used: &'a mut Used,
    /// The pages before the one that is drawn on.
    done: Vec<Canvas>,
    page: Canvas,
    /// Where the next thing goes on the page.
    y: i64,
}

impl Painter<'_> {
    fn set(&mut self, x: i64, y: i64, style: Style, line: &Line) {
        self.page.text(x, y, style.size, style.colour, line);
    }

    fn left(&mut self, x: i64, y: i64, style: Style, text: &str) {
        let line = text::line(text, style.weight, self.used);
        self.set(x, y, style, &line);
    }

    fn right(&mut self, x: i64, y: i64, style: Style, text: &str) {
        let line = text::line(text, style.weight, self.used);
        self.set(x - line.width * style.size / 1000, y, style, &line);
    }

    fn wrap(&mut self, text: &str, style: Style, width: i64, max_lines: usize) -> Vec<Line> {
        text::wrap(&one_line(text), style.weight, width * 1000 / style.size, max_lines, self.used)
    }

    /// Writes a text below `y` in as many lines as it needs and returns where the next text goes.
    fn paragraph(&mut self, x: i64, mut y: i64, style: Style, width: i64, leading: i64, text: &str) -> i64 {
        for line in self.wrap(text, style, width, ADDRESS_LINES) {
            y += above(&line, style);
            self.set(x, y, style, &line);
            y += leading + below(&line, style);
        }
        y
    }

    /// Behind all else, so that nobody takes a specimen for an invoice.
    fn watermark(&mut self) {
        if self.document.specimen {
            let line = text::line("SPECIMEN", WATERMARK.weight, self.used);
            self.page.diagonal(WATERMARK.size, WATERMARK.colour, &line);
        }
    }

    fn letterhead(&mut self) {
        let seller = &self.document.seller;
        self.right(RIGHT, TOP + 18_000, HEADLINE, "Invoice");
        let mut y = self.paragraph(LEFT, TOP + 11_000, LETTERHEAD, 320_000, 17_000, &seller.name);
        for line in address(seller) {
            y = self.paragraph(LEFT, y, SMALL, 320_000, SMALL_LEADING, &line);
        }
        for line in contact(seller) {
            y = self.paragraph(LEFT, y, SMALL, 320_000, SMALL_LEADING, &line);
        }
        self.y = y + 6_000;
        let y = self.y;
        self.page.rectangle(LEFT, y, RIGHT - LEFT, HAIRLINE, RULE);
        self.y += 22_000;
    }

    fn addresses(&mut self) {
        let document = self.document;
        let top = self.y;
        let facts_x = RIGHT - 170_000;
        let buyer_width = if document.ship_to.is_some() { 146_000 } else { 270_000 };
        let mut end = self.party(LEFT, top, buyer_width, "Bill to", &document.buyer);
        if let Some(party) = &document.ship_to {
            end = end.max(self.party(LEFT + 156_000, top, 146_000, "Ship to", party));
        }
        let settled = match &document.payment {
            Payment::Prepaid { .. } => ("Payment", "Paid".to_owned()),
            Payment::Authorized { .. } if self.totals.gross == 0 => ("Payment", "Nothing to pay".to_owned()),
            Payment::Authorized { .. } => ("Payment", "Authorised".to_owned()),
            Payment::Transfer { due, .. } => ("Due date", long_date(*due)),
        };
        let facts = [
            ("Invoice number", document.number.clone()),
            ("Invoice date", long_date(document.issued)),
            settled,
            ("Order number", document.order.hyphenated().to_string()),
        ];
        let mut y = top;
        for (label, value) in facts {
            let style = if label == "Invoice number" { STRONG } else { BODY };
            self.left(facts_x, y, LABEL, label);
            // The order's number is too long to stand beside its label.
            if label == "Order number" {
                y += SMALL_LEADING;
                self.left(facts_x, y, SMALL, &value);
            } else {
                for line in self.wrap(&value, style, 100_000, ADDRESS_LINES) {
                    self.set(RIGHT - line.width * style.size / 1000, y, style, &line);
                    y += LEADING;
                }
                y += 2_500;
            }
        }
        self.y = end.max(y) + 26_000;
    }

    fn party(&mut self, x: i64, mut y: i64, width: i64, label: &str, party: &Party) -> i64 {
        self.left(x, y, LABEL, label);
        y += LEADING + 1_500;
        y = self.paragraph(x, y, STRONG, width, LEADING, &party.name);
        for line in address(party) {
            y = self.paragraph(x, y, BODY, width, LEADING, &line);
        }
        for line in contact(party) {
            y = self.paragraph(x, y, SMALL, width, SMALL_LEADING, &line);
        }
        y
    }

    fn table(&mut self) {
        let document = self.document;
        self.y -= 10_000;
        self.table_head();
        let closing = self.totals_height();
        for (index, (line, net)) in document.lines.iter().zip(&self.totals.lines).enumerate() {
            let row = self.row(line);
            // The totals stay with the last row.
            let needed = if index + 1 == document.lines.len() { row.height + closing } else { row.height };
            if self.y + needed > BOTTOM {
                self.continue_page();
            }
            self.draw_row(&row, line, *net);
        }
    }

    fn table_head(&mut self) {
        let y = self.y;
        self.page.rectangle(LEFT, y, RIGHT - LEFT, HEAD_HEIGHT, BAND);
        let base = y + 13_000;
        let [sku, name, quantity, unit_price, tax, net] = heads(&self.document.currency);
        self.left(self.columns.sku(), base, TABLE_HEAD, &sku);
        self.left(self.columns.name, base, TABLE_HEAD, &name);
        let Columns { quantity: quantity_at, unit_price: unit_at, tax: tax_at, net: net_at, .. } = self.columns;
        for (x, text) in [(quantity_at, quantity), (unit_at, unit_price), (tax_at, tax), (net_at, net)] {
            self.right(x, base, TABLE_HEAD, &text);
        }
        self.y += HEAD_HEIGHT;
    }

    /// Starts a page that goes on with the table.
    fn continue_page(&mut self) {
        self.done.push(std::mem::replace(&mut self.page, Canvas::new()));
        self.watermark();
        let number = format!("Invoice {}", one_line(&self.document.number));
        self.left(LEFT, TOP + 4_000, SMALL, &number);
        let date = long_date(self.document.issued);
        self.right(RIGHT, TOP + 4_000, SMALL, &date);
        self.y = TOP + 16_000;
        self.table_head();
    }

    fn row(&mut self, line: &InvoiceLine) -> Row {
        let sku = self.wrap(&line.sku, BODY, self.columns.sku_width, NAME_LINES);
        let mut name = self.wrap(&line.name, BODY, self.columns.name_width, NAME_LINES);
        if let Some(note) = gross_price::note(self.document, line) {
            name.extend(self.wrap(&note, BODY, self.columns.name_width, NAME_LINES));
        }
        let tall =
            |lines: &[Line]| lines.iter().map(|line| LEADING + above(line, BODY) + below(line, BODY)).sum::<i64>();
        let height = tall(&sku).max(tall(&name)) + 2 * ROW_PADDING;
        Row { sku, name, height }
    }

    fn draw_row(&mut self, row: &Row, line: &InvoiceLine, net: i64) {
        let top = self.y + ROW_PADDING + 9_300;
        for (x, lines) in [(self.columns.sku(), &row.sku), (self.columns.name, &row.name)] {
            let mut y = top;
            for line in lines {
                y += above(line, BODY);
                self.set(x, y, BODY, line);
                y += LEADING + below(line, BODY);
            }
        }
        let digits = self.document.minor_digits;
        self.right(self.columns.quantity, top, BODY, &grouped(line.price.quantity, 0));
        self.right(self.columns.unit_price, top, BODY, &unit_price_of(&line.price, digits));
        self.right(self.columns.tax, top, BODY, &rate(line.price.tax_rate));
        self.right(self.columns.net, top, BODY, &grouped(net, digits));
        self.y += row.height;
        let y = self.y;
        self.page.rectangle(LEFT, y - HAIRLINE, RIGHT - LEFT, HAIRLINE, RULE);
    }

    fn totals_height(&self) -> i64 {
        let rates = self.totals.taxes.iter().map(|tax| {
            let [label, amount] = self.tax_row(tax);
            if self.fits_beside(BODY, &label, &amount) { 1 } else { 2 }
        });
        let rates: i64 = rates.sum();
        let reasons = self.totals.taxes.iter().filter(|tax| tax.category.wants_reason()).count();
        let reasons = i64::try_from(reasons * REASON_LINES).unwrap_or(0) * SMALL_LEADING;
        let height = TOTALS_GAP + (rates + 2) * TOTAL_LEADING + reasons + 2 * GRAND_LEADING;
        // Dozens of rates would not fit on any page together with a row; then they flow.
        height.min((BOTTOM - TOP) / 2)
    }

    fn totals(&mut self) {
        let digits = self.document.minor_digits;
        let currency = one_line(&self.document.currency);
        self.y += TOTALS_GAP;
        self.note();
        let top = self.y;
        self.total_row(BODY, TOTAL_LEADING, "Net total", &grouped(self.totals.net, digits));
        for tax in &self.totals.taxes {
            let [label, amount] = self.tax_row(tax);
            self.total_row(BODY, TOTAL_LEADING, &label, &amount);
            self.reason(tax);
        }
        if self.totals.taxes.len() > 1 {
            self.total_row(BODY, TOTAL_LEADING, "VAT total", &grouped(self.totals.tax, digits));
        }
        debug_assert!(self.y > top);
        let y = self.y;
        self.page.rectangle(RIGHT - TOTALS_WIDTH, y + 4_000, TOTALS_WIDTH, 2 * HAIRLINE, ACCENT);
        let gross = grouped(self.totals.gross, digits);
        self.total_row(GRAND_TOTAL, GRAND_LEADING, "Total", &format!("{currency} {gross}"));
        let due = match &self.document.payment {
            Payment::Prepaid { .. } if self.totals.gross == 0 => gross,
            Payment::Prepaid { .. } => {
                self.total_row(BODY, TOTAL_LEADING, "Already paid", &format!("-{gross}"));
                grouped(0, digits)
            }
            Payment::Authorized { .. } | Payment::Transfer { .. } => gross,
        };
        self.total_row(STRONG, TOTAL_LEADING, "Amount due", &format!("{currency} {due}"));
    }

    /// Why nothing is added: whoever checks the invoice has to find it there.
    fn reason(&mut self, tax: &TaxSubtotal) {
        let Some(reason) = exemption::reason(self.document, tax.category) else { return };
        for line in self.wrap(&reason, SMALL, TOTALS_WIDTH - 12_000, REASON_LINES) {
            if self.y + SMALL_LEADING > BOTTOM {
                self.continue_page();
            }
            self.set(RIGHT - TOTALS_WIDTH, self.y + SMALL_LEADING - 4_500, SMALL, &line);
            self.y += SMALL_LEADING;
        }
    }

    /// What the row of a rate says, and its amount.
    fn tax_row(&self, tax: &TaxSubtotal) -> [String; 2] {
        let digits = self.document.minor_digits;
        let label = format!("VAT {}{} on {}", rate(tax.rate), category(tax), grouped(tax.basis, digits));
        [label, grouped(tax.tax, digits)]
    }

    fn fits_beside(&self, style: Style, label: &str, amount: &str) -> bool {
        let room = self.columns.net - (RIGHT - TOTALS_WIDTH);
        width(label, style) + AMOUNT_GAP + width(amount, style) <= room
    }

    /// A row of the totals; an amount that has no room beside its label stands below it.
    fn total_row(&mut self, style: Style, leading: i64, label: &str, amount: &str) {
        let above = if self.fits_beside(style, label, amount) { 0 } else { leading };
        if self.y + above + leading > BOTTOM {
            self.continue_page();
        }
        let base = self.y + leading - 4_500;
        self.left(RIGHT - TOTALS_WIDTH, base, style, label);
        self.right(self.columns.net, base + above, style, amount);
        self.y += above + leading;
    }

    /// How it is paid, to the left of the totals.
    fn note(&mut self) {
        let room = RIGHT - LEFT - TOTALS_WIDTH - 24_000;
        let lines = match &self.document.payment {
            Payment::Authorized { .. } if self.totals.gross == 0 => vec!["Nothing to pay.".to_owned()],
            Payment::Authorized { reference } => {
                let mut lines = vec!["Payment authorised: no transfer is needed.".to_owned()];
                lines.extend(payment_reference(reference, room));
                lines
            }
            Payment::Prepaid { reference } => {
                let mut lines = vec!["Paid in full, with thanks.".to_owned()];
                lines.extend(payment_reference(reference, room));
                lines
            }
            Payment::Transfer { iban, due } => vec![
                format!("Please pay by {} to", long_date(*due)),
                format!("IBAN {iban}"),
                format!("quoting {}.", self.document.number),
            ],
        };
        let mut y = self.y + TOTAL_LEADING - 4_500;
        for line in lines {
            y = self.paragraph(LEFT + 6_000, y, SMALL, room, SMALL_LEADING, &line);
        }
    }

    /// Ends all pages and returns them.
    fn footers(mut self) -> Vec<Canvas> {
        let seller = &self.document.seller;
        let separator = format!(" {SEPARATOR} ");
        let mut whose = vec![one_line(&seller.name)];
        whose.extend(address(seller));
        // What has no room here stands in the letterhead.
        let cut = self.used.cut;
        let mut lines = self.wrap(&whose.join(&separator), FOOTER, 400_000, 1);
        lines.extend(self.wrap(&contact(seller).join(&separator), FOOTER, 400_000, 1));
        self.used.cut = cut;
        let mut pages = self.done;
        pages.push(self.page);
        let count = pages.len();
        for (page, canvas) in pages.iter_mut().enumerate() {
            let number = text::line(&format!("Page {} of {count}", page + 1), FOOTER.weight, self.used);
            canvas.rectangle(LEFT, HEIGHT - 62_000, RIGHT - LEFT, HAIRLINE, RULE);
            let mut y = HEIGHT - 49_000;
            canvas.text(RIGHT - number.width * FOOTER.size / 1000, y, FOOTER.size, FOOTER.colour, &number);
            for line in &lines {
                canvas.text(LEFT, y, FOOTER.size, FOOTER.colour, line);
                y += 10_000;
            }
        }
        pages
    }
}

/// The room that a line needs above and below that of Latin letters.
fn above(line: &Line, style: Style) -> i64 {
    line.above * style.size / 1000
}

fn below(line: &Line, style: Style) -> i64 {
    line.below * style.size / 1000
}

/// What tells rates of 0 % from each other.
fn category(tax: &TaxSubtotal) -> &'static str {
    match tax.category {
        TaxCategory::Standard | TaxCategory::Zero => "",
        TaxCategory::Exempt => " (exempt)",
        TaxCategory::Export => " (export)",
    }
}

/// Whoever looks a reference up copies it: it stands in one piece.
fn payment_reference(reference: &str, room: i64) -> Vec<String> {
    let whole = format!("Payment reference: {reference}");
    if width(&whole, SMALL) <= room { vec![whole] } else { vec!["Payment reference:".to_owned(), reference.to_owned()] }
}

/// A row of the table, broken into lines.
struct Row {
    sku: Vec<Line>,
    name: Vec<Line>,
    height: i64,
}

/// The lines of an address below the name.
fn address(party: &Party) -> Vec<String> {
    let place = format!("{} {}", party.postal_code, party.city);
    let country = one_line(&party.country);
    let country = country_name(&country).map_or(country.clone(), str::to_owned);
    [party.line1.as_str(), party.line2.as_deref().unwrap_or_default(), place.as_str(), country.as_str()]
        .iter()
        .map(|line| one_line(line))
        .filter(|line| !line.is_empty())
        .collect()
}

/// Numbers in registers, and the e-mail address.
fn contact(party: &Party) -> Vec<String> {
    let numbers = [("VAT ID", &party.vat_id), ("Tax number", &party.tax_number), ("Registered as", &party.legal_id)];
    let numbers = numbers.map(|(what, number)| number.as_ref().map(|number| format!("{what} {}", one_line(number))));
    let email = party.email.as_ref().map(|email| one_line(email));
    numbers.into_iter().flatten().chain(email).filter(|line| !line.is_empty()).collect()
}
