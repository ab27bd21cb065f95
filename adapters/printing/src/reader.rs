//! What an invoice says of itself, behind its port: without the printer and its fonts, which whoever only gives documents out
//! would carry along for nothing.

use crate::{attached_xml, order_and_number};
use schemas::ids::OrderId;
use sha2::{Digest, Sha256};
use workflows::{issued_invoice::ReadBack, ports::InvoiceReader};

/// Reads the XML within a PDF of ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct PdfReader;

impl InvoiceReader for PdfReader {
    fn read_back(&self, file: &[u8]) -> Option<ReadBack> {
        let xml = attached_xml(file)?;
        let (order, number) = order_and_number(&xml)?;
        Some(ReadBack { order: OrderId(order), number, xml_sha256: Sha256::digest(xml.as_bytes()).into() })
    }
}
