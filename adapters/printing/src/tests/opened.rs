//! Reads rendered files back with a small reader of its own, following the table of objects as a viewer would.

use crate::render;
use std::{collections::BTreeMap, io::Read};
use workflows::billing::InvoiceDocument;

/// What is rendered, taken apart.
pub(super) fn open(document: &InvoiceDocument) -> Opened {
    Opened::new(&render(document).unwrap().pdf)
}

/// A file taken apart.
pub(super) struct Opened {
    pub(super) objects: BTreeMap<usize, (String, Vec<u8>)>,
}

impl Opened {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes.get(bytes.len() - 64..).unwrap());
        let start: usize = text.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let table = std::str::from_utf8(&bytes[start..]).unwrap();
        let rows = table.lines().skip(3).take_while(|row| row.ends_with(" n "));
        let objects = rows.enumerate().map(|(index, row)| {
            let at: usize = row[..10].parse().unwrap();
            let rest = bytes[at..]
                .strip_prefix(format!("{} 0 obj\n", index + 1).as_bytes())
                .expect("the table points at the object");
            let end = find(rest, b"\n").unwrap();
            let head = String::from_utf8(rest[..end].to_vec()).unwrap();
            let body = if head.ends_with("stream") {
                let length: usize = between(&head, "/Length ", &['/', '>'][..]).parse().unwrap();
                let raw = &rest[end + 1..end + 1 + length];
                assert!(rest[end + 1 + length..].starts_with(b"\nendstream\nendobj\n"));
                if head.contains("FlateDecode") { inflate(raw) } else { raw.to_vec() }
            } else {
                Vec::new()
            };
            (index + 1, (head, body))
        });
        Self { objects: objects.collect() }
    }

    pub(super) fn xml(&self) -> String {
        let (_, body) = self.objects.values().find(|(head, _)| head.contains("/EmbeddedFile/")).unwrap();
        String::from_utf8(body.clone()).unwrap()
    }

    /// The text of each page, a line for each piece of text.
    pub(super) fn pages(&self) -> Vec<String> {
        let tree = &self.objects.values().find(|(head, _)| head.contains("/Type/Pages")).unwrap().0;
        let mut fonts = BTreeMap::new();
        let resources = &self.objects.values().find(|(head, _)| head.contains("/Font<<")).unwrap().0;
        for entry in between(resources, "/Font<<", ">>").split('/').filter(|entry| !entry.is_empty()) {
            let mut words = entry.split(' ');
            let (name, font) = (words.next().unwrap(), words.next().unwrap().parse::<usize>().unwrap());
            let map: usize = between(&self.objects[&font].0, "/ToUnicode ", " ").parse().unwrap();
            fonts.insert(name.to_owned(), cmap(&String::from_utf8(self.objects[&map].1.clone()).unwrap()));
        }
        let kids = between(tree, "/Kids[", "]").split(" 0 R").filter_map(|kid| kid.trim().parse::<usize>().ok());
        let contents = kids
            .inspect(|kid| assert!(self.objects[kid].0.contains("/Resources "), "PDF/A forbids inherited resources"))
            .map(|kid| between(&self.objects[&kid].0, "/Contents ", " ").parse::<usize>().unwrap());
        contents.map(|stream| shown(&self.objects[&stream].1, &fonts)).collect()
    }
}

impl Opened {
    /// How high above the bottom each piece of text of a document of one page stands.
    pub(super) fn heights(&self) -> Vec<(String, String)> {
        let drawn = &self.objects.values().find(|(_, body)| find(body, b" Td ").is_some()).unwrap().1;
        let drawn = String::from_utf8_lossy(drawn).into_owned();
        let heights = drawn.split("ET\n").filter_map(|piece| piece.split_once(" Td ")?.0.rsplit(' ').next());
        let texts = self.pages().remove(0);
        let found: Vec<_> = texts.lines().map(str::to_owned).zip(heights.map(str::to_owned)).collect();
        assert_eq!(found.len(), drawn.matches(" Td ").count());
        found
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

pub(super) fn between<'a>(text: &'a str, start: &str, end: impl Cut) -> &'a str {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start}")).1;
    &rest[..end.cut(rest).unwrap()]
}

pub(super) trait Cut {
    fn cut(&self, text: &str) -> Option<usize>;
}

impl Cut for &str {
    fn cut(&self, text: &str) -> Option<usize> {
        text.find(*self)
    }
}

impl Cut for &[char] {
    fn cut(&self, text: &str) -> Option<usize> {
        text.find(*self)
    }
}

fn inflate(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(raw).read_to_end(&mut out).unwrap();
    out
}

fn cmap(map: &str) -> BTreeMap<u16, String> {
    let entry = |row: &str| {
        let (glyph, text) = row.strip_prefix('<')?.strip_suffix('>')?.split_once("><")?;
        let units: Option<Vec<_>> =
            (0..text.len() / 4).map(|at| u16::from_str_radix(&text[4 * at..4 * at + 4], 16).ok()).collect();
        Some((u16::from_str_radix(glyph, 16).ok()?, String::from_utf16(&units?).ok()?))
    };
    map.lines().filter(|row| *row != "<0000><FFFF>").filter_map(entry).collect()
}

/// The text that a page shows.
fn shown(operators: &[u8], fonts: &BTreeMap<String, BTreeMap<u16, String>>) -> String {
    let mut out = String::new();
    let mut font = None;
    let mut bytes = operators.iter().copied().peekable();
    let mut word = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'/' => {
                let name: Vec<u8> = std::iter::from_fn(|| bytes.next_if(|byte| *byte != b' ')).collect();
                font = Some(&fonts[std::str::from_utf8(&name).unwrap()]);
            }
            b'(' => {
                let mut codes = Vec::new();
                loop {
                    match bytes.next().unwrap() {
                        b')' => break,
                        b'\\' => codes.push(match bytes.next().unwrap() {
                            b'r' => b'\r',
                            other => other,
                        }),
                        byte => codes.push(byte),
                    }
                }
                for code in codes.chunks(2) {
                    let glyph = u16::from_be_bytes([code[0], code[1]]);
                    assert_ne!(glyph, 0, "PDF/A forbids the glyph .notdef");
                    out.push_str(font.unwrap().get(&glyph).map_or("", String::as_str));
                }
            }
            b' ' | b'\n' => {
                if word == b"ET" {
                    out.push('\n');
                }
                word.clear();
            }
            byte => word.push(byte),
        }
    }
    out
}
