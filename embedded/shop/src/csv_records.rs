//! Splits a CSV stream into records, each with the line it begins on. The `csv` crate is not used because it counts
//! lines wrongly behind CRLF and blank lines, and takes an unclosed quote for the rest of the file without a word;
//! a file of somebody else's shop is mended by line number, so these must be right.

use std::io::{self, BufRead};

/// More than any honest record holds: past this an unclosed quote is swallowing the file.
const MAX_RECORD_BYTES: usize = 1 << 20;

/// Why a stream cannot be split further. All that follows such a place is unsure, so reading ends.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The stream broke, a damaged gzip file included.
    #[error("reading it failed after line {line}")]
    Read {
        /// The last whole line read.
        line: u64,
        /// What broke.
        source: io::Error,
    },
    /// The stream ended inside a quoted field.
    #[error("line {0}: a quote opened in this row is never closed")]
    UnclosedQuote(u64),
    /// A record of more than a mebibyte.
    #[error("line {0}: this row is longer than 1 MiB; is a quote in it not closed?")]
    TooLong(u64),
}

/// One record: its fields as bytes, since only the reader of a column knows what an invalid byte means there.
#[derive(Debug, Default)]
pub struct Record {
    /// The line its first byte stands on, from 1.
    pub line: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    misquoted: Option<(usize, Misquoted)>,
}

/// Where a quote is that RFC 4180 does not have: what the field's text is nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misquoted {
    /// White space stands before the opening quote.
    SpaceBefore,
    /// Something else than a comma or the end of the line stands behind the closing quote.
    Behind,
}

impl Record {
    /// The first field with a quote where none belongs.
    pub fn misquoted(&self) -> Option<(usize, Misquoted)> {
        self.misquoted
    }

    /// How many fields it has, at least one.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds no field: only before the first one was read.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The field of that index from 0, unquoted.
    pub fn field(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// Whether nothing but white space was read of the field that is being read.
    fn last_is_blank(&self) -> bool {
        let start = self.ends.last().copied().unwrap_or_default();
        self.bytes.get(start..).is_some_and(|field| field.iter().all(u8::is_ascii_whitespace))
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.field(index))
    }
}

/// Where in a field the splitter stands between two bytes.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    FieldStart,
    Bare,
    Quoted,
    /// Behind a quote inside a quoted field: its end, or the first half of a doubled one.
    QuoteInQuoted,
}

/// The records of a stream, one at a time into a buffer that is used again.
#[derive(Debug)]
pub struct Records<R> {
    input: R,
    line: u64,
    physical_line: Vec<u8>,
}

impl<R: BufRead> Records<R> {
    /// Reads from the stream's start; a UTF-8 byte order mark there is skipped.
    pub fn new(input: R) -> Self {
        Self { input, line: 0, physical_line: Vec::new() }
    }

    /// Reads the next record into `record`; false at the end. Blank lines between records are no records.
    ///
    /// # Errors
    /// When the stream breaks, or a quote is left open.
    pub fn read(&mut self, record: &mut Record) -> Result<bool, RecordError> {
        loop {
            if !self.read_line()? {
                return Ok(false);
            }
            if !self.physical_line.is_empty() {
                break;
            }
        }
        record.line = self.line;
        record.bytes.clear();
        record.ends.clear();
        record.misquoted = None;
        let mut place = Place::FieldStart;
        loop {
            place = split_line(&self.physical_line, place, record);
            if place != Place::Quoted {
                record.ends.push(record.bytes.len());
                return Ok(true);
            }
            record.bytes.push(b'\n');
            if record.bytes.len() > MAX_RECORD_BYTES {
                return Err(RecordError::TooLong(record.line));
            }
            if !self.read_line()? {
                return Err(RecordError::UnclosedQuote(record.line));
            }
        }
    }

    /// The next physical line without its end; false at the end of the stream.
    fn read_line(&mut self) -> Result<bool, RecordError> {
        self.physical_line.clear();
        let limit = u64::try_from(MAX_RECORD_BYTES).unwrap_or(u64::MAX);
        let read = io::Read::take(&mut self.input, limit)
            .read_until(b'\n', &mut self.physical_line)
            .map_err(|source| RecordError::Read { line: self.line, source })?;
        if read == 0 {
            return Ok(false);
        }
        self.line += 1;
        if self.physical_line.pop_if(|last| *last == b'\n').is_none() && read == MAX_RECORD_BYTES {
            return Err(RecordError::TooLong(self.line));
        }
        self.physical_line.pop_if(|last| *last == b'\r');
        if self.line == 1 && self.physical_line.starts_with(b"\xEF\xBB\xBF") {
            self.physical_line.drain(..3);
        }
        Ok(true)
    }
}

/// Adds one physical line to the record and says where it ended. A quote opens only at the start of a field, so
/// that `12" plate` is read as written.
fn split_line(line: &[u8], mut place: Place, record: &mut Record) -> Place {
    for &byte in line {
        place = match (place, byte) {
            (Place::FieldStart, b'"') => Place::Quoted,
            (Place::FieldStart | Place::Bare | Place::QuoteInQuoted, b',') => {
                record.ends.push(record.bytes.len());
                Place::FieldStart
            }
            (Place::Quoted, b'"') => Place::QuoteInQuoted,
            (Place::QuoteInQuoted, b'"') | (Place::Quoted, _) => {
                record.bytes.push(byte);
                Place::Quoted
            }
            (Place::QuoteInQuoted, _) => {
                record.misquoted.get_or_insert((record.ends.len(), Misquoted::Behind));
                record.bytes.push(byte);
                Place::Bare
            }
            (Place::FieldStart | Place::Bare, _) => {
                if byte == b'"' && record.misquoted.is_none() && record.last_is_blank() {
                    record.misquoted = Some((record.ends.len(), Misquoted::SpaceBefore));
                }
                record.bytes.push(byte);
                Place::Bare
            }
        };
    }
    place
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn split(text: &str) -> Result<Vec<(u64, Vec<String>)>, RecordError> {
        let mut records = Records::new(text.as_bytes());
        let mut record = Record::default();
        let mut all = Vec::new();
        while records.read(&mut record)? {
            let fields = record.fields().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect();
            all.push((record.line, fields));
        }
        Ok(all)
    }

    #[test]
    fn records_are_split_with_the_line_they_begin_on() {
        for (text, expected) in [
            ("", vec![]),
            ("\n\r\n", vec![]),
            ("a,b\n1,2\n", vec![(1, vec!["a", "b"]), (2, vec!["1", "2"])]),
            ("a,b\r\n1,2\r\n3,4", vec![(1, vec!["a", "b"]), (2, vec!["1", "2"]), (3, vec!["3", "4"])]),
            ("\u{feff}a\n\n\nb\n", vec![(1, vec!["a"]), (4, vec!["b"])]),
            ("\"x\r\ny\",1\r\nz,2\r\n", vec![(1, vec!["x\ny", "1"]), (3, vec!["z", "2"])]),
            ("\"x\n\ny\"\nz\n", vec![(1, vec!["x\n\ny"]), (4, vec!["z"])]),
            (",\n", vec![(1, vec!["", ""])]),
            ("\"\",\n", vec![(1, vec!["", ""])]),
            ("\"a \"\"b\"\", c\",d\n", vec![(1, vec!["a \"b\", c", "d"])]),
            ("12\" plate,x\n", vec![(1, vec!["12\" plate", "x"])]),
            ("\"a\"b,c\n", vec![(1, vec!["ab", "c"])]),
        ] {
            let found = split(text).unwrap();
            let found: Vec<(u64, Vec<&str>)> =
                found.iter().map(|(line, fields)| (*line, fields.iter().map(String::as_str).collect())).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_quote_where_none_belongs_is_told_by_its_field() {
        for (text, field) in [
            ("a,\"b\"c,d\n", Some((1, Misquoted::Behind))),
            ("\"A \\\"cup\\\"\",1\n", Some((0, Misquoted::Behind))),
            ("a,b,\"c\" \n", Some((2, Misquoted::Behind))),
            ("\"x\ny\"z,\"1\"2\n", Some((0, Misquoted::Behind))),
            ("a, \"b, c\",d\n", Some((1, Misquoted::SpaceBefore))),
            (" \t\"b\",\"c\"d\n", Some((0, Misquoted::SpaceBefore))),
            ("\"a\"b, \"c\"\n", Some((0, Misquoted::Behind))),
            ("a, 12\" plate, b \"c\"\n", None),
            ("\"a\",\"b \"\"c\"\"\",12\" plate\r\n", None),
            ("\"\"\n", None),
        ] {
            let (mut records, mut record) = (Records::new(text.as_bytes()), Record::default());
            assert!(records.read(&mut record).unwrap());
            assert_eq!(record.misquoted(), field, "{text:?}");
        }
        let (mut records, mut record) = (Records::new(&b"\"a\"b\nc\n"[..]), Record::default());
        assert!(records.read(&mut record).unwrap() && records.read(&mut record).unwrap());
        assert_eq!(record.misquoted(), None, "the next row is another");
    }

    #[test]
    fn an_unclosed_quote_names_its_line_instead_of_taking_the_rest_of_the_file() {
        assert!(matches!(split("a\nb\n\"c\nd\ne\n"), Err(RecordError::UnclosedQuote(3))));
        let endless = format!("a\n\"{}", "row after row\n".repeat(100_000));
        assert!(matches!(split(&endless), Err(RecordError::TooLong(2))));
        assert!(matches!(split(&"x".repeat(2 << 20)), Err(RecordError::TooLong(1))));
    }
}
