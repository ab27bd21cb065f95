//! Writes the invoice as Cross Industry Invoice XML, profile EN 16931 of Factur-X 1.0. The order of elements is that of
//! the schema; the BT and BG numbers are those of EN 16931.

use schemas::kept::Party;
use workflows::billing::{InvoiceDocument, InvoiceLine, Payment, TaxSubtotal, Totals};

use crate::{
    exemption,
    format::{compact_date, one_line, percent, plain, plain_wide},
    gross_price,
};

/// The guideline (BT-24) of the profile.
const GUIDELINE: &str = "urn:cen.eu:en16931:2017";
/// UN/ECE recommendation 20: a piece.
const PIECE: &str = "C62";
/// UNTDID 4461: bank card, and SEPA credit transfer.
const BY_CARD: &str = "48";
const BY_TRANSFER: &str = "58";

/// What is said of one that is none. Nobody has told yet who sells.
pub(super) const SPECIMEN: &str = "SPECIMEN: this is no invoice, and nothing is to be paid by it.";
/// BR-CO-25 wants a date or terms where something is due.
const AUTHORIZED: &str = "Payment authorised with the order; no transfer is needed.";

/// The XML of an invoice with these totals.
pub(super) fn write(document: &InvoiceDocument, totals: &Totals) -> String {
    let mut xml = Xml { out: String::with_capacity(4096 + 1100 * document.lines.len()), digits: document.minor_digits };
    xml.out.push_str(concat!(
        r#"<?xml version="1.0" encoding="UTF-8"?>"#,
        "\n",
        r#"<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100""#,
        r#" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100""#,
        r#" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">"#,
    ));
    xml.within("rsm:ExchangedDocumentContext", |xml| {
        xml.within("ram:GuidelineSpecifiedDocumentContextParameter", |xml| xml.text("ram:ID", GUIDELINE));
    });
    xml.within("rsm:ExchangedDocument", |xml| {
        xml.text("ram:ID", &document.number);
        xml.text("ram:TypeCode", "380");
        xml.within("ram:IssueDateTime", |xml| xml.date(document.issued));
        if document.specimen {
            xml.within("ram:IncludedNote", |xml| xml.text("ram:Content", SPECIMEN));
        }
    });
    xml.within("rsm:SupplyChainTradeTransaction", |xml| {
        for (index, (line, net)) in document.lines.iter().zip(&totals.lines).enumerate() {
            let note = gross_price::note(document, line);
            xml.within("ram:IncludedSupplyChainTradeLineItem", |xml| xml.line(index + 1, line, note.as_deref(), *net));
        }
        xml.within("ram:ApplicableHeaderTradeAgreement", |xml| {
            xml.within("ram:SellerTradeParty", |xml| xml.party(&document.seller));
            xml.within("ram:BuyerTradeParty", |xml| xml.party(&document.buyer));
            xml.within("ram:SellerOrderReferencedDocument", |xml| {
                xml.text("ram:IssuerAssignedID", &document.order.hyphenated().to_string());
            });
        });
        xml.within("ram:ApplicableHeaderTradeDelivery", |xml| {
            // The schema demands the element around this, and EN 16931 demands that no element is empty.
            let party = document.ship_to.as_ref().unwrap_or(&document.buyer);
            xml.within("ram:ShipToTradeParty", |xml| {
                xml.text("ram:Name", &party.name);
                xml.address(party);
            });
        });
        xml.within("ram:ApplicableHeaderTradeSettlement", |xml| xml.settlement(document, totals));
    });
    xml.out.push_str("</rsm:CrossIndustryInvoice>\n");
    xml.out
}

struct Xml {
    out: String,
    digits: u8,
}

impl Xml {
    fn within(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(name, "");
        content(self);
        self.close(name);
    }

    fn open(&mut self, name: &str, attributes: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(attributes);
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with a text; none at all for an empty text, which no element of the standard may have.
    fn text(&mut self, name: &str, text: &str) {
        self.text_with(name, "", text);
    }

    fn text_with(&mut self, name: &str, attributes: &str, text: &str) {
        let text = one_line(text);
        if text.is_empty() {
            return;
        }
        self.open(name, attributes);
        escape(&mut self.out, &text);
        self.close(name);
    }

    fn amount(&mut self, name: &str, amount: i64) {
        self.text(name, &plain(amount, self.digits));
    }

    fn date(&mut self, date: time::Date) {
        self.text_with("udt:DateTimeString", r#" format="102""#, &compact_date(date));
    }

    /// BG-25.
    fn line(&mut self, number: usize, line: &InvoiceLine, note: Option<&str>, net: i64) {
        self.within("ram:AssociatedDocumentLineDocument", |xml| {
            xml.text("ram:LineID", &number.to_string());
            if let Some(note) = note {
                xml.within("ram:IncludedNote", |xml| xml.text("ram:Content", note));
            }
        });
        self.within("ram:SpecifiedTradeProduct", |xml| {
            xml.text("ram:SellerAssignedID", &line.sku);
            // BR-25: every line names its article.
            let name = one_line(&line.name);
            xml.text("ram:Name", if name.is_empty() { &line.sku } else { &name });
        });
        self.within("ram:SpecifiedLineTradeAgreement", |xml| {
            xml.within("ram:NetPriceProductTradePrice", |xml| {
                // No rule limits the decimals of a price: a net price that was computed is given with four more.
                let price = if line.price.includes_tax {
                    plain_wide(line.price.net_unit_price(), xml.digits + 4)
                } else {
                    plain(line.price.unit_price, xml.digits)
                };
                xml.text("ram:ChargeAmount", &price);
            });
        });
        self.within("ram:SpecifiedLineTradeDelivery", |xml| {
            let unit = format!(r#" unitCode="{PIECE}""#);
            xml.text_with("ram:BilledQuantity", &unit, &line.price.quantity.to_string());
        });
        self.within("ram:SpecifiedLineTradeSettlement", |xml| {
            let rate = line.price.tax_rate;
            xml.within("ram:ApplicableTradeTax", |xml| {
                xml.text("ram:TypeCode", "VAT");
                xml.text("ram:CategoryCode", line.price.category.code());
                xml.text("ram:RateApplicablePercent", &percent(rate));
            });
            xml.within("ram:SpecifiedTradeSettlementLineMonetarySummation", |xml| {
                xml.amount("ram:LineTotalAmount", net);
            });
        });
    }

    /// BG-4 and BG-7.
    fn party(&mut self, party: &Party) {
        self.text("ram:Name", &party.name);
        if let Some(id) = party.legal_id.as_deref().map(one_line).filter(|id| !id.is_empty()) {
            self.within("ram:SpecifiedLegalOrganization", |xml| xml.text("ram:ID", &id));
        }
        self.address(party);
        if let Some(email) = party.email.as_deref().map(one_line).filter(|email| !email.is_empty()) {
            self.within("ram:URIUniversalCommunication", |xml| xml.text_with("ram:URIID", r#" schemeID="EM""#, &email));
        }
        let numbers = [(r#" schemeID="VA""#, &party.vat_id), (r#" schemeID="FC""#, &party.tax_number)];
        for (scheme, number) in numbers {
            if let Some(number) = number.as_deref().map(one_line).filter(|number| !number.is_empty()) {
                self.within("ram:SpecifiedTaxRegistration", |xml| xml.text_with("ram:ID", scheme, &number));
            }
        }
    }

    fn address(&mut self, party: &Party) {
        self.within("ram:PostalTradeAddress", |xml| {
            xml.text("ram:PostcodeCode", &party.postal_code);
            xml.text("ram:LineOne", &party.line1);
            xml.text("ram:LineTwo", party.line2.as_deref().unwrap_or_default());
            xml.text("ram:CityName", &party.city);
            xml.text("ram:CountryID", &party.country);
        });
    }

    fn settlement(&mut self, document: &InvoiceDocument, totals: &Totals) {
        match &document.payment {
            Payment::Prepaid { reference } | Payment::Authorized { reference } => {
                self.text("ram:PaymentReference", reference);
            }
            Payment::Transfer { .. } => self.text("ram:PaymentReference", &document.number),
        }
        self.text("ram:InvoiceCurrencyCode", &document.currency);
        let is_free = totals.gross == 0;
        match &document.payment {
            // Nothing is paid by any means.
            Payment::Authorized { .. } if is_free => {}
            Payment::Authorized { .. } | Payment::Prepaid { .. } => self.means(|xml| xml.text("ram:TypeCode", BY_CARD)),
            Payment::Transfer { iban, .. } => self.means(|xml| {
                xml.text("ram:TypeCode", BY_TRANSFER);
                xml.within("ram:PayeePartyCreditorFinancialAccount", |xml| {
                    xml.text("ram:IBANID", &iban.replace(' ', ""))
                });
            }),
        }
        for tax in &totals.taxes {
            let (reason, code) = (exemption::reason(document, tax.category), exemption::code(document, tax.category));
            self.within("ram:ApplicableTradeTax", |xml| xml.tax(tax, reason.as_deref(), code));
        }
        match &document.payment {
            Payment::Authorized { .. } if !is_free => {
                self.within("ram:SpecifiedTradePaymentTerms", |xml| xml.text("ram:Description", AUTHORIZED));
            }
            Payment::Transfer { due, .. } => self.within("ram:SpecifiedTradePaymentTerms", |xml| {
                xml.within("ram:DueDateDateTime", |xml| xml.date(*due));
            }),
            Payment::Authorized { .. } | Payment::Prepaid { .. } => {}
        }
        self.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |xml| {
            xml.amount("ram:LineTotalAmount", totals.net);
            xml.amount("ram:TaxBasisTotalAmount", totals.net);
            let mut currency = String::from(r#" currencyID=""#);
            escape(&mut currency, &one_line(&document.currency));
            currency.push('"');
            xml.text_with("ram:TaxTotalAmount", &currency, &plain(totals.tax, xml.digits));
            xml.amount("ram:GrandTotalAmount", totals.gross);
            match &document.payment {
                Payment::Prepaid { .. } => {
                    xml.amount("ram:TotalPrepaidAmount", totals.gross);
                    xml.amount("ram:DuePayableAmount", 0);
                }
                Payment::Authorized { .. } | Payment::Transfer { .. } => {
                    xml.amount("ram:DuePayableAmount", totals.gross);
                }
            }
        });
    }

    /// BG-16.
    fn means(&mut self, content: impl FnOnce(&mut Self)) {
        self.within("ram:SpecifiedTradeSettlementPaymentMeans", content);
    }

    /// BG-23.
    fn tax(&mut self, tax: &TaxSubtotal, reason: Option<&str>, code: Option<&str>) {
        self.amount("ram:CalculatedAmount", tax.tax);
        self.text("ram:TypeCode", "VAT");
        self.text("ram:ExemptionReason", reason.unwrap_or_default());
        self.amount("ram:BasisAmount", tax.basis);
        self.text("ram:CategoryCode", tax.category.code());
        self.text("ram:ExemptionReasonCode", code.unwrap_or_default());
        self.text("ram:RateApplicablePercent", &percent(tax.rate));
    }
}

/// Appends a text with the characters escaped that mean something in XML, in a text as in an attribute.
pub(super) fn escape(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            char => out.push(char),
        }
    }
}
