//! Queue `invoice`: issues the invoices of confirmed orders.

use adapters::invoice_printer::PdfPrinter;
use handlers::{lambda::queue, ports::Ports};
use std::{process::ExitCode, sync::Arc};
use workflows::wiring::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let printing = |ports| Ports { printer: Some(Arc::new(PdfPrinter)), ..ports };
    queue::serve_with(Step::Invoice, printing).await
}
