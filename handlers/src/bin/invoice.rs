//! Queue `invoice`: issues the invoices of confirmed orders.

use adapters::invoice_printer::BlockingPrinter;
use handlers::{lambda::queue, ports::Ports};
use printing::PdfReader;
use std::{process::ExitCode, sync::Arc};
use workflows::wiring::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let printer = BlockingPrinter { print: printing::print, reader: PdfReader };
    let printing = |ports| Ports { printer: Some(Arc::new(printer)), ..ports };
    queue::serve_with(Step::Invoice, printing).await
}
