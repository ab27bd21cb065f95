//! Queue `invoice`: issues the invoices of confirmed orders.

use adapters::invoice_printer::BlockingPrinter;
use handlers::{lambda::queue, ports::Ports};
use printing::PdfReader;
use std::{process::ExitCode, sync::Arc};
use workflows::wiring::Step;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    queue::serve_with(Step::Invoice, with_printer).await
}

fn with_printer(ports: Ports) -> Ports {
    Ports { printer: Some(Arc::new(BlockingPrinter { print: printing::print, reader: PdfReader })), ..ports }
}
