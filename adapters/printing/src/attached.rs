//! Reads the XML back out of a file, whichever release printed it: by it a file says which order's invoice it is.

use flate2::read::ZlibDecoder;
use std::io::Read;
use uuid::Uuid;

/// By which the attached file is known among the objects.
const ATTACHED: &[u8] = b"/Type/EmbeddedFile";
/// What stands between an object's properties and its content.
const CONTENT: &[u8] = b">>stream\n";
/// What stands before the number of an invoice, and before its order. No text of a buyer can look so, since `<` is escaped.
const NUMBER: &str = "<rsm:ExchangedDocument><ram:ID>";
const ORDER: &str = "<ram:SellerOrderReferencedDocument><ram:IssuerAssignedID>";
/// That of a thousand lines takes two megabytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The XML within a file of ours; nothing if it has none, or is not whole.
pub fn attached_xml(pdf: &[u8]) -> Option<String> {
    let compressed = behind(CONTENT, behind(ATTACHED, pdf)?)?;
    let mut xml = String::new();
    ZlibDecoder::new(compressed).take(LONGEST).read_to_string(&mut xml).ok()?;
    Some(xml)
}

/// The order that an XML of ours says it is the invoice of, and the number.
pub fn order_and_number(xml: &str) -> Option<(Uuid, String)> {
    let of = |words: &str| xml.split_once(words)?.1.split_once('<').map(|(text, _)| text);
    Some((of(ORDER)?.parse().ok()?, of(NUMBER)?.to_owned()))
}

fn behind<'p>(words: &[u8], bytes: &'p [u8]) -> Option<&'p [u8]> {
    let place = bytes.windows(words.len()).position(|window| window == words)?;
    bytes.get(place + words.len()..)
}
