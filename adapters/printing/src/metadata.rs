//! The XMP packet: what PDF/A and Factur-X want to know about the file, with the extension schema that makes
//! Factur-X's own properties legal in PDF/A.

use crate::{format::one_line, xml::escape};

/// The name under which Factur-X wants its XML attached.
pub(super) const ATTACHMENT: &str = "factur-x.xml";
/// The program named as the producer.
pub(super) const PRODUCER: &str = "Sluice";

const HEAD: &str = concat!(
    "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n",
    r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#,
    r#"<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">"#,
    "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\n",
);

/// What makes it Factur-X, up to the properties.
const FACTUR_X: &str = concat!(
    r#"<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">"#,
    "<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>",
    "<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>\n",
    r#"<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/""#,
    r#" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">"#,
    r#"<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">"#,
    "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>",
    "<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>",
    "<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>",
);

const TAIL: &str = "</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>";

/// The properties of Factur-X, with what they mean.
const PROPERTIES: [(&str, &str); 4] = [
    ("DocumentFileName", "The name of the embedded XML document"),
    ("DocumentType", "The type of the hybrid document in capital letters"),
    ("Version", "The version of the standard applying to the embedded XML document"),
    ("ConformanceLevel", "The conformance level of the embedded XML document"),
];

/// The packet for a document with this title and author, made at this ISO 8601 time.
pub(super) fn write(title: &str, author: &str, made: &str, is_e_invoice: bool) -> String {
    let mut xmp = String::with_capacity(4096);
    xmp.push_str(HEAD);
    if is_e_invoice {
        claim_factur_x(&mut xmp);
    }
    xmp.push_str(r#"<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/""#);
    xmp.push_str(r#" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">"#);
    xmp.push_str(r#"<dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang="x-default">"#);
    escape(&mut xmp, &one_line(title));
    xmp.push_str("</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>");
    escape(&mut xmp, &one_line(author));
    xmp.push_str("</rdf:li></rdf:Seq></dc:creator><pdf:Producer>");
    xmp.push_str(PRODUCER);
    for name in ["CreateDate", "ModifyDate"] {
        xmp.push_str(if name == "CreateDate" { "</pdf:Producer><xmp:" } else { "<xmp:" });
        xmp.push_str(name);
        xmp.push('>');
        xmp.push_str(made);
        xmp.push_str("</xmp:");
        xmp.push_str(name);
        xmp.push('>');
    }
    xmp.push_str("</rdf:Description>\n");
    xmp.push_str(TAIL);
    xmp
}

fn claim_factur_x(xmp: &mut String) {
    xmp.push_str(FACTUR_X);
    for (name, meaning) in PROPERTIES {
        xmp.push_str(r#"<rdf:li rdf:parseType="Resource"><pdfaProperty:name>"#);
        xmp.push_str(name);
        xmp.push_str("</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>");
        xmp.push_str("<pdfaProperty:category>external</pdfaProperty:category><pdfaProperty:description>");
        xmp.push_str(meaning);
        xmp.push_str("</pdfaProperty:description></rdf:li>");
    }
    xmp.push_str("</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>\n");
}
