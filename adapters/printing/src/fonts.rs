//! The fonts an invoice is set in. Two of them (regular and bold) are embedded in every document as one subset that is
//! made and compressed once in a process; the others stand by for scripts and characters those two do not have.

use std::sync::{LazyLock, OnceLock};

use rustybuzz::Face;
use rustybuzz::ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use rustybuzz::ttf_parser::{GlyphId, Tag};
use subsetter::GlyphRemapper;

/// One font file that is part of the program.
pub(super) struct FontFile {
    /// Its PostScript name.
    pub(super) name: &'static str,
    pub(super) data: &'static [u8],
    face: OnceLock<Option<Face<'static>>>,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(FontFile {
            name: $name,
            data: include_bytes!(concat!("../fonts/", $name, ".ttf")),
            face: OnceLock::new(),
        }),*]
    };
}

/// All font files, the order being that in which they are asked for a character.
static FILES: [FontFile; 33] = files![
    "NotoSans-Regular",
    "NotoSans-Bold",
    "NotoSansArabic-Regular",
    "NotoSansHebrew-Regular",
    "NotoSansThai-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansArmenian-Regular",
    "NotoSansBengali-Regular",
    "NotoSansEthiopic-Regular",
    "NotoSansGeorgian-Regular",
    "NotoSansGujarati-Regular",
    "NotoSansGurmukhi-Regular",
    "NotoSansKannada-Regular",
    "NotoSansKhmer-Regular",
    "NotoSansLao-Regular",
    "NotoSansMalayalam-Regular",
    "NotoSansMyanmar-Regular",
    "NotoSansSinhala-Regular",
    "NotoSansTamil-Regular",
    "NotoSansTelugu-Regular",
    "NotoSansOriya-Regular",
    "NotoSerifTibetan-Regular",
    "NotoSansThaana-Regular",
    "NotoSansTifinagh-Regular",
    "NotoSansOlChiki-Regular",
    "NotoSansMeeteiMayek-Regular",
    "NotoSansCanadianAboriginal-Regular",
    "DroidSansFallback",
    "HanaMinA",
    "HanaMinB",
    "NanumSquareR",
    "NotoEmoji-Regular",
    "DejaVuSans-Symbols",
];

/// How far the first font reaches up and down: the lines are set for that.
const LATIN_ASCENT: i64 = 1069;
const LATIN_DESCENT: i64 = 293;

/// Number of font files.
pub(super) const COUNT: usize = FILES.len();

/// The first file that is neither regular nor bold.
const FIRST_FALLBACK: usize = 2;

/// The font file of an index below [`COUNT`].
pub(super) fn file(index: usize) -> Option<&'static FontFile> {
    FILES.get(index)
}

impl FontFile {
    /// The parsed font; none if the file is damaged, which the tests rule out.
    pub(super) fn face(&self) -> Option<&Face<'static>> {
        self.face.get_or_init(|| Face::from_slice(self.data, 0)).as_ref()
    }

    /// The glyph of a character, if the font has it.
    pub(super) fn glyph(&self, char: char) -> Option<u16> {
        self.face()?.glyph_index(char).map(|glyph| glyph.0)
    }

    /// The advance width of a glyph in thousandths of the font size.
    pub(super) fn advance(&self, glyph: u16) -> i64 {
        let Some(face) = self.face() else { return 0 };
        self.thousandths(face.glyph_hor_advance(GlyphId(glyph)).map_or(0, i64::from))
    }

    /// How much further a glyph that is raised so much reaches up and down than Latin letters, in thousandths of the
    /// font size.
    pub(super) fn reach(&self, glyph: u16, raised: i64) -> (i64, i64) {
        let Some(bounds) = self.face().and_then(|face| face.glyph_bounding_box(GlyphId(glyph))) else { return (0, 0) };
        let top = self.thousandths(i64::from(bounds.y_max)) + raised;
        let bottom = self.thousandths(i64::from(bounds.y_min)) + raised;
        ((top - LATIN_ASCENT).max(0), (-LATIN_DESCENT - bottom).max(0))
    }

    /// A measure of the font's own units in thousandths of the font size.
    pub(super) fn thousandths(&self, units: i64) -> i64 {
        let per_em = self.face().map_or(1000, |face| i64::from(face.units_per_em())).max(1);
        (units * 1000 + per_em / 2).div_euclid(per_em)
    }
}

/// The weight of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    /// The file that is asked first.
    pub(super) fn file(self) -> usize {
        match self {
            Self::Regular => 0,
            Self::Bold => 1,
        }
    }

    /// The part of that file that every document has.
    pub(super) fn basic(self) -> &'static Basic {
        static REGULAR: LazyLock<Basic> = LazyLock::new(|| Basic::of(Weight::Regular));
        static BOLD: LazyLock<Basic> = LazyLock::new(|| Basic::of(Weight::Bold));
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The file that has a glyph for a character.
    pub(super) fn file_for(self, char: char) -> Option<usize> {
        let has = |index: &usize| FILES.get(*index).is_some_and(|file| file.glyph(char).is_some());
        Some(self.file()).filter(has).or_else(|| (FIRST_FALLBACK..COUNT).find(has))
    }
}

/// What is in the basic part beside Latin-1: the rest of Windows' code page 1252 and the sign for what no font has.
const EXTRA: &str = "ŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…\u{202f}‰‹›€™\u{fffd}";

/// What stands between the parts of the footer.
pub(super) const SEPARATOR: char = '·';

/// What the languages of western Europe write most beside ASCII.
const WESTERN: &str = "ÄÅÆÉÖØÜßàáâãäåæçèéêëíîïñóôõöøùúûü–’…€";

/// How much of the basic part a document needs. Most need the core only, which is half the bytes, or little more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// ASCII and what the layout itself adds.
    Core,
    /// And [`WESTERN`].
    Western,
    /// All.
    Full,
}

impl Extent {
    /// How many there are.
    pub(super) const COUNT: usize = 3;

    /// Its place among them.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Core => 0,
            Self::Western => 1,
            Self::Full => 2,
        }
    }
}

/// Pairs are kerned among these characters.
const KERNED: std::ops::RangeInclusive<u8> = 0x20..=0x7e;
const KERNED_COUNT: usize = 0x5f;

/// The glyphs of one font that are in every document, under the numbers they have there.
pub(super) struct Basic {
    /// The font's own number of each glyph, from glyph 1. The core comes first.
    glyphs: Vec<u16>,
    /// How many glyphs the core has.
    core: usize,
    /// How many the western part has, the core among them.
    western: usize,
    /// Glyph by character for Latin-1; 0 is none.
    latin: [u16; 256],
    /// Glyph by character beyond Latin-1, sorted.
    extra: Vec<(char, u16)>,
    /// Advance by glyph in thousandths of the font size, from glyph 0.
    advances: Vec<i64>,
    /// The character of each glyph, from glyph 1.
    chars: Vec<char>,
    kerning: Vec<i16>,
}

impl Basic {
    fn of(weight: Weight) -> Self {
        let mut basic = Self {
            glyphs: Vec::new(),
            core: 0,
            western: 0,
            latin: [0; 256],
            extra: Vec::new(),
            advances: Vec::new(),
            chars: Vec::new(),
            kerning: vec![0; KERNED_COUNT * KERNED_COUNT],
        };
        let Some(file) = FILES.get(weight.file()) else { return basic };
        basic.advances.push(file.advance(0));
        ('\u{20}'..='\u{7e}').chain([SEPARATOR]).for_each(|char| basic.add(file, char));
        basic.core = basic.glyphs.len();
        WESTERN.chars().for_each(|char| basic.add(file, char));
        basic.western = basic.glyphs.len();
        let latin = ('\u{a0}'..='\u{ff}').filter(|char| *char != '\u{ad}' && *char != SEPARATOR);
        let rest = latin.chain(EXTRA.chars()).filter(|char| !WESTERN.contains(*char));
        rest.for_each(|char| basic.add(file, char));
        basic.extra.sort_unstable();
        basic.kern(file);
        basic
    }

    fn add(&mut self, file: &FontFile, char: char) {
        let Some(glyph) = file.glyph(char) else { return };
        // Two characters may share a glyph, such as the two hyphens.
        let known = self.glyphs.iter().position(|known| *known == glyph);
        let at = known.unwrap_or(self.glyphs.len());
        if known.is_none() {
            self.glyphs.push(glyph);
            self.advances.push(file.advance(glyph));
            self.chars.push(char);
        }
        let number = u16::try_from(at + 1).unwrap_or(0);
        match usize::try_from(u32::from(char)).ok().and_then(|index| self.latin.get_mut(index)) {
            Some(slot) => *slot = number,
            None => self.extra.push((char, number)),
        }
    }

    /// How many glyphs an extent has.
    fn count(&self, extent: Extent) -> usize {
        match extent {
            Extent::Core => self.core,
            Extent::Western => self.western,
            Extent::Full => self.glyphs.len(),
        }
    }

    /// The extent that has a glyph.
    pub(super) fn extent(&self, glyph: u16) -> Extent {
        match usize::from(glyph) {
            glyph if glyph <= self.core => Extent::Core,
            glyph if glyph <= self.western => Extent::Western,
            _ => Extent::Full,
        }
    }

    /// What makes an extent's glyphs a font.
    pub(super) fn remapper(&self, extent: Extent) -> GlyphRemapper {
        GlyphRemapper::new_from_glyphs(self.glyphs.get(..self.count(extent)).unwrap_or_default())
    }

    /// The advances of an extent's glyphs, from glyph 0.
    pub(super) fn advances(&self, extent: Extent) -> &[i64] {
        self.advances.get(..=self.count(extent)).unwrap_or_default()
    }

    /// The character of each glyph of an extent, from glyph 1.
    pub(super) fn chars(&self, extent: Extent) -> &[char] {
        self.chars.get(..self.count(extent)).unwrap_or_default()
    }

    /// Reads the kerning of all pairs once: running a shaper over every Latin word would cost more than all the rest.
    fn kern(&mut self, file: &FontFile) {
        let glyphs: Vec<_> = KERNED.map(|byte| file.glyph(char::from(byte)).map(GlyphId)).collect();
        for (row, left) in glyphs.iter().enumerate() {
            for (column, right) in glyphs.iter().enumerate() {
                let (Some(left), Some(right)) = (left, right) else { continue };
                let units = pair_kerning(file, *left, *right);
                if let Some(slot) = self.kerning.get_mut(row * KERNED_COUNT + column) {
                    *slot = i16::try_from(file.thousandths(units)).unwrap_or(0);
                }
            }
        }
    }

    /// The glyph of a character that is in every document.
    pub(super) fn glyph(&self, char: char) -> Option<u16> {
        let glyph = match usize::try_from(u32::from(char)).ok().and_then(|index| self.latin.get(index)) {
            Some(glyph) => *glyph,
            None => self.extra.binary_search_by_key(&char, |(char, _)| *char).ok().and_then(|at| self.extra.get(at))?.1,
        };
        (glyph != 0).then_some(glyph)
    }

    /// The advance of a glyph in thousandths of the font size.
    pub(super) fn advance(&self, glyph: u16) -> i64 {
        self.advances.get(usize::from(glyph)).copied().unwrap_or(0)
    }

    /// What the font adds between two characters, in thousandths of the font size.
    pub(super) fn kerning(&self, left: char, right: char) -> i64 {
        let place = |char: char| u8::try_from(char).ok().and_then(|byte| byte.checked_sub(*KERNED.start()));
        let (Some(left), Some(right)) = (place(left), place(right)) else { return 0 };
        if usize::from(right) >= KERNED_COUNT {
            return 0;
        }
        self.kerning.get(usize::from(left) * KERNED_COUNT + usize::from(right)).map_or(0, |units| i64::from(*units))
    }
}

/// The kerning of a pair of glyphs by the font's GPOS table, in its own units.
fn pair_kerning(file: &FontFile, left: GlyphId, right: GlyphId) -> i64 {
    let Some(table) = file.face().and_then(|face| face.tables().gpos) else { return 0 };
    let lookups = table
        .features
        .into_iter()
        .filter(|feature| feature.tag == Tag::from_bytes(b"kern"))
        .flat_map(|feature| feature.lookup_indices)
        .filter_map(|index| table.lookups.get(index));
    for lookup in lookups {
        for subtable in lookup.subtables.into_iter::<PositioningSubtable<'_>>() {
            let PositioningSubtable::Pair(pair) = subtable else { continue };
            match pair {
                PairAdjustment::Format1 { coverage, sets } => {
                    let found = coverage.get(left).and_then(|at| sets.get(at)).and_then(|set| set.get(right));
                    if let Some((first, _)) = found {
                        return i64::from(first.x_advance);
                    }
                }
                PairAdjustment::Format2 { coverage, classes, matrix } => {
                    if coverage.get(left).is_some() {
                        let class = (classes.0.get(left), classes.1.get(right));
                        return matrix.get(class).map_or(0, |(first, _)| i64::from(first.x_advance));
                    }
                }
            }
        }
    }
    0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_font_file_parses_and_may_be_embedded() {
        for file in &FILES {
            let face = file.face().unwrap();
            assert!(face.is_outline_embedding_allowed() && face.tables().glyf.is_some(), "{}", file.name);
        }
    }

    #[test]
    fn the_basic_part_has_every_character_it_promises() {
        for weight in [Weight::Regular, Weight::Bold] {
            for char in EXTRA.chars().chain(' '..='~').chain('\u{a0}'..='\u{ac}').chain('\u{ae}'..='\u{ff}') {
                assert!(weight.basic().glyph(char).is_some(), "{weight:?} lacks {char:?}");
            }
        }
    }

    #[test]
    fn pairs_are_kerned_and_figures_stay_in_their_columns() {
        let basic = Weight::Regular.basic();
        assert!(basic.kerning('A', 'V') < 0 && basic.kerning('T', 'o') < 0);
        let zero = basic.advance(basic.glyph('0').unwrap());
        for digit in '0'..='9' {
            assert_eq!(basic.advance(basic.glyph(digit).unwrap()), zero);
            assert_eq!(basic.kerning(digit, '1'), 0);
        }
    }
}
