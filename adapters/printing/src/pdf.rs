//! Writes the PDF/A-3b file. What is the same in every document (colour profile, the basic part of both fonts) is
//! written and compressed once in a process and copied to the front of each file.

use std::fmt::Write;
use std::sync::OnceLock;

use crate::{
    RenderError, canvas,
    deflate::{deflate, deflate_best},
    fonts::{self, Extent, FontFile, Weight},
    metadata::ATTACHMENT,
    text::{Subset, Used},
};

/// The sRGB profile that the colours mean.
const PROFILE: &[u8] = include_bytes!("../fonts/sRGB-v2.icc");

/// What goes into a file.
pub(super) struct Contents<'a> {
    pub(super) title: &'a str,
    pub(super) author: &'a str,
    pub(super) producer: &'a str,
    /// `YYYYMMDD`.
    pub(super) date: &'a str,
    pub(super) metadata: &'a str,
    pub(super) xml: &'a str,
    /// The XML is attached, and the file is called Factur-X.
    pub(super) is_e_invoice: bool,
    /// The operators of each page.
    pub(super) pages: &'a [Vec<u8>],
    pub(super) fonts: &'a Used,
}

/// Objects written so far; the number of an object is its place, from 1.
#[derive(Clone)]
struct Objects {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
}

impl Objects {
    fn next(&self) -> usize {
        self.offsets.len() + 1
    }

    /// Writes an object and returns its number.
    fn add(&mut self, body: &str) -> usize {
        self.begin();
        self.put(body);
        self.put("\nendobj\n");
        self.offsets.len()
    }

    /// Writes a stream of bytes whose dictionary has these entries beside its length.
    fn stream(&mut self, entries: &str, bytes: &[u8]) -> usize {
        self.begin();
        self.put(&format!("<</Length {}{entries}>>stream\n", bytes.len()));
        self.bytes.extend_from_slice(bytes);
        self.put("\nendstream\nendobj\n");
        self.offsets.len()
    }

    fn begin(&mut self) {
        self.offsets.push(self.bytes.len());
        self.put(&format!("{} 0 obj\n", self.offsets.len()));
    }

    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Writes the five objects of a font and returns the number of the one that pages refer to.
    fn font(&mut self, font: &EmbeddedFont<'_>) -> usize {
        let first = self.next();
        let name = format!("{}+{}", font.tag, font.file.name);
        self.add(&format!(
            "<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{} 0 R]/ToUnicode {} 0 R>>",
            first + 1,
            first + 4
        ));
        let mut widths = String::new();
        for advance in font.advances {
            // Writing to a string cannot fail.
            write!(widths, "{advance} ").ok();
        }
        self.add(&format!(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
             /Supplement 0>>/CIDToGIDMap/Identity/FontDescriptor {} 0 R/DW 0/W[0[{}]]>>",
            first + 2,
            widths.trim_end()
        ));
        let (mut bounds, mut ascent, mut descent, mut capitals) = ([0; 4], 0, 0, 0);
        if let Some(face) = font.file.face() {
            let scaled = |units: i16| font.file.thousandths(i64::from(units));
            let limits = face.global_bounding_box();
            bounds = [limits.x_min, limits.y_min, limits.x_max, limits.y_max].map(scaled);
            (ascent, descent) = (scaled(face.ascender()), scaled(face.descender()));
            capitals = face.capital_height().map_or(ascent, scaled);
        }
        let [left, bottom, right, top] = bounds;
        self.add(&format!(
            "<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{left} {bottom} {right} {top}]/ItalicAngle 0\
             /Ascent {ascent}/Descent {descent}/CapHeight {capitals}/StemV 80/FontFile2 {} 0 R>>",
            first + 3
        ));
        self.stream(&format!("/Filter/FlateDecode/Length1 {}", font.program_length), font.program);
        self.stream("/Filter/FlateDecode", font.to_unicode);
        first
    }
}

struct EmbeddedFont<'a> {
    file: &'a FontFile,
    tag: &'a str,
    /// By glyph, from 0.
    advances: &'a [i64],
    /// The subset, compressed.
    program: &'a [u8],
    program_length: usize,
    /// Compressed.
    to_unicode: &'a [u8],
}

/// The start of every file.
struct Front {
    objects: Objects,
    profile: usize,
    regular: usize,
    bold: usize,
}

/// The start of a file whose texts need so much of the regular and of the bold font.
fn front(regular: Extent, bold: Extent) -> Result<&'static Front, RenderError> {
    type Made = OnceLock<Result<Front, RenderError>>;
    static MADE: [[Made; Extent::COUNT]; Extent::COUNT] =
        [const { [const { Made::new() }; Extent::COUNT] }; Extent::COUNT];
    let made = MADE.get(regular.index()).and_then(|made| made.get(bold.index())).ok_or(RenderError::Font)?;
    made.get_or_init(|| Front::make(regular, bold)).as_ref().map_err(|error| *error)
}

impl Front {
    fn make(regular: Extent, bold: Extent) -> Result<Self, RenderError> {
        // The second line tells programs that copy files that this one is binary.
        let mut objects = Objects { bytes: b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec(), offsets: Vec::new() };
        let profile = objects.stream("/N 3/Filter/FlateDecode", &deflate_best(PROFILE));
        let regular = basic_font(&mut objects, Weight::Regular, regular, "BASICR")?;
        let bold = basic_font(&mut objects, Weight::Bold, bold, "BASICB")?;
        Ok(Self { objects, profile, regular, bold })
    }
}

fn basic_font(objects: &mut Objects, weight: Weight, extent: Extent, tag: &str) -> Result<usize, RenderError> {
    let basic = weight.basic();
    let file = fonts::file(weight.file()).ok_or(RenderError::Font)?;
    let program = subsetter::subset(file.data, 0, &basic.remapper(extent)).map_err(|_| RenderError::Font)?;
    let texts = basic.chars(extent).iter().enumerate().map(|(at, char)| (at + 1, char.to_string()));
    Ok(objects.font(&EmbeddedFont {
        file,
        tag,
        advances: basic.advances(extent),
        program: &deflate_best(&program),
        program_length: program.len(),
        to_unicode: &deflate_best(to_unicode(texts).as_bytes()),
    }))
}

fn subset_font(objects: &mut Objects, index: usize, subset: &Subset) -> Result<usize, RenderError> {
    let file = fonts::file(index).ok_or(RenderError::Font)?;
    let program = subsetter::subset(file.data, 0, &subset.remapper).map_err(|_| RenderError::Font)?;
    let mut advances = vec![file.advance(0)];
    advances.extend_from_slice(&subset.advances);
    let texts = subset.texts.iter().enumerate().map(|(at, text)| (at + 1, text.clone()));
    // Six capital letters, different for each font of a document.
    let letter = |number: usize| char::from(b'A' + u8::try_from(number % 26).unwrap_or(0));
    let tag = format!("EXTR{}{}", letter(index / 26), letter(index));
    Ok(objects.font(&EmbeddedFont {
        file,
        tag: &tag,
        advances: &advances,
        program: &deflate(&program),
        program_length: program.len(),
        to_unicode: &deflate(to_unicode(texts).as_bytes()),
    }))
}

/// The CMap by which a reader gets text from glyphs.
fn to_unicode(texts: impl Iterator<Item = (usize, String)>) -> String {
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
         /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n\
         /CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n\
         1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n",
    );
    let entries: Vec<_> = texts.filter(|(_, text)| !text.is_empty()).collect();
    // The format allows a hundred entries in one block.
    for block in entries.chunks(100) {
        // Writing to a string cannot fail.
        writeln!(map, "{} beginbfchar", block.len()).ok();
        for (glyph, text) in block {
            writeln!(map, "<{glyph:04X}><{}>", utf16_hex(text)).ok();
        }
        map.push_str("endbfchar\n");
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend");
    map
}

fn utf16_hex(text: &str) -> String {
    let mut hex = String::with_capacity(text.len() * 4);
    for unit in text.encode_utf16() {
        write!(hex, "{unit:04X}").ok();
    }
    hex
}

/// Writes the file.
pub(super) fn write(contents: &Contents<'_>) -> Result<Vec<u8>, RenderError> {
    let front = front(contents.fonts.regular, contents.fonts.bold)?;
    let mut objects = front.objects.clone();
    objects.bytes.reserve(16 * 1024);

    let mut fonts = format!("/R {} 0 R/B {} 0 R", front.regular, front.bold);
    for (index, subset) in contents.fonts.subsets.iter().enumerate() {
        if let Some(subset) = subset {
            let font = subset_font(&mut objects, index, subset)?;
            write!(fonts, "/F{index} {font} 0 R").ok();
        }
    }

    // PDF/A forbids that pages inherit what their content refers to.
    let resources = objects.add(&format!("<</Font<<{fonts}>>>>"));
    let tree = objects.next() + 2 * contents.pages.len();
    let mut kids = String::new();
    for operators in contents.pages {
        let stream = objects.stream("/Filter/FlateDecode", &deflate(operators));
        let page =
            objects.add(&format!("<</Type/Page/Parent {tree} 0 R/Resources {resources} 0 R/Contents {stream} 0 R>>"));
        write!(kids, "{page} 0 R ").ok();
    }
    objects.add(&format!(
        "<</Type/Pages/Count {}/Kids[{}]/MediaBox[0 0 {} {}]>>",
        contents.pages.len(),
        kids.trim_end(),
        Points(canvas::WIDTH),
        Points(canvas::HEIGHT)
    ));
    let date = format!("(D:{}000000Z)", contents.date);
    let metadata = objects.stream("/Type/Metadata/Subtype/XML", contents.metadata.as_bytes());
    let xml = deflate(contents.xml.as_bytes());
    let mut attached = String::new();
    if contents.is_e_invoice {
        let attachment = attach(&mut objects, contents.xml.len(), &xml, &date);
        write!(attached, "/AF[{attachment} 0 R]/Names<</EmbeddedFiles<</Names[({ATTACHMENT}){attachment} 0 R]>>>>")
            .ok();
    }
    let catalog = objects.add(&format!(
        "<</Type/Catalog/Pages {tree} 0 R/Metadata {metadata} 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>\
         {attached}/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)\
         /DestOutputProfile {} 0 R>>]>>",
        front.profile
    ));
    let info = objects.add(&format!(
        "<</Title<FEFF{}>/Author<FEFF{}>/Producer({})/CreationDate{date}/ModDate{date}>>",
        utf16_hex(contents.title),
        utf16_hex(contents.author),
        contents.producer
    ));
    finish(&mut objects, catalog, info, fingerprint(&xml));
    Ok(objects.bytes)
}

/// Attaches the compressed XML and returns the number of what refers to it.
fn attach(objects: &mut Objects, length: usize, xml: &[u8], date: &str) -> usize {
    let file = objects.stream(
        &format!("/Type/EmbeddedFile/Subtype/text#2Fxml/Params<</Size {length}/ModDate{date}>>/Filter/FlateDecode"),
        xml,
    );
    objects.add(&format!(
        "<</Type/Filespec/F({ATTACHMENT})/UF({ATTACHMENT})/AFRelationship/Alternative/Desc(Factur-X invoice)\
         /EF<</F {file} 0 R/UF {file} 0 R>>>>"
    ))
}

/// Writes the table of objects and the trailer.
fn finish(objects: &mut Objects, catalog: usize, info: usize, id: u128) {
    let start = objects.bytes.len();
    let size = objects.next();
    let mut table = String::with_capacity(20 * size + 256);
    write!(table, "xref\n0 {size}\n0000000000 65535 f \n").ok();
    for offset in &objects.offsets {
        writeln!(table, "{offset:010} 00000 n ").ok();
    }
    write!(
        table,
        "trailer\n<</Size {size}/Root {catalog} 0 R/Info {info} 0 R/ID[<{id:032X}><{id:032X}>]>>\nstartxref\n{start}\n%%EOF\n"
    )
    .ok();
    objects.put(&table);
}

/// FNV-1a: names the file by what it says, so that the same invoice is the same file.
fn fingerprint(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
    })
}

/// Thousandths of a point, shown as points.
struct Points(i64);

impl std::fmt::Display for Points {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
