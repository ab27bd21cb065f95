//! Turns text into placed glyphs. Latin text takes a short way through tables; everything else is ordered by the
//! bidirectional algorithm, split by font and shaped.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use rustybuzz::{BufferClusterLevel, UnicodeBuffer};
use subsetter::GlyphRemapper;
use unicode_bidi::{BidiInfo, Direction, Level};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{
    breaks::{breaks, is_invisible, is_joiner, is_mark},
    fonts::{self, Extent, Weight},
};

/// How often a text is set again because a line came out wider than its letters.
const TRIES: usize = 3;

/// What a character that no font has looks like.
const UNKNOWN: char = '\u{fffd}';

/// The font a glyph is taken from, as the document names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The part of the regular or bold font that every document has.
    Basic(Weight),
    /// A subset of the font file of this index, made for this document.
    Subset(usize),
}

/// A glyph with its place; all lengths in thousandths of the font size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    /// Number of the glyph in the embedded font.
    pub(super) id: u16,
    /// How far the font itself moves on after the glyph.
    pub(super) natural: i64,
    /// How far the text moves on.
    pub(super) advance: i64,
    /// Shift to the right, for marks.
    pub(super) dx: i64,
    /// Shift upwards, for marks.
    pub(super) dy: i64,
}

/// Glyphs of one font, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) slot: Slot,
    pub(super) glyphs: Vec<Glyph>,
}

/// A line of text, ready to be drawn from left to right.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    /// Width in thousandths of the font size.
    pub(super) width: i64,
    /// How much further it reaches up than Latin text, in thousandths of the font size.
    pub(super) above: i64,
    /// How much further it reaches down.
    pub(super) below: i64,
}

/// The glyphs that a document takes from one font file beyond the basic part.
#[derive(Default)]
pub(super) struct Subset {
    pub(super) remapper: GlyphRemapper,
    /// Advance by glyph of the subset, starting with glyph 1.
    pub(super) advances: Vec<i64>,
    /// The text of each glyph of the subset, starting with glyph 1; empty where a neighbour has it.
    pub(super) texts: Vec<String>,
}

/// The glyphs that a document takes from all font files.
pub(super) struct Used {
    /// How much of the basic part of the regular and of the bold font.
    pub(super) regular: Extent,
    pub(super) bold: Extent,
    /// What no font has.
    pub(super) unprintable: BTreeSet<char>,
    /// How many texts were too long for their place.
    pub(super) cut: usize,
    /// By index of the file.
    pub(super) subsets: [Option<Subset>; fonts::COUNT],
}

impl Used {
    pub(super) fn new() -> Self {
        Self {
            regular: Extent::Core,
            bold: Extent::Core,
            unprintable: BTreeSet::new(),
            cut: 0,
            subsets: std::array::from_fn(|_| None),
        }
    }

    fn take_basic(&mut self, extent: Extent, weight: Weight) {
        let known = match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        };
        *known = extent.max(*known);
    }

    /// The number that a glyph has in the document's subset, which it joins if it is new.
    fn take(&mut self, file: usize, glyph: u16, natural: i64, text: &str) -> u16 {
        let Some(slot) = self.subsets.get_mut(file) else { return 0 };
        let subset = slot.get_or_insert_default();
        let id = subset.remapper.remap(glyph);
        if usize::from(id) > subset.texts.len() {
            subset.texts.push(text.to_owned());
            subset.advances.push(natural);
        }
        id
    }
}

/// Sets a text in one line.
pub(super) fn line(text: &str, weight: Weight, used: &mut Used) -> Line {
    line_of(text, None, weight, used)
}

/// Sets a line of a text whose direction is `base`, or that of its own first letter.
fn line_of(text: &str, base: Option<Level>, weight: Weight, used: &mut Used) -> Line {
    let mut line = Line::default();
    let basic = weight.basic();
    if text.chars().all(|char| basic.glyph(char).is_some()) {
        line.push_basic(text.chars(), weight, used);
        return line;
    }
    let text = printable(text);
    let bidi = BidiInfo::new(&text, base);
    for paragraph in &bidi.paragraphs {
        let (levels, ranges) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for range in ranges {
            let level = levels.get(range.start).copied().unwrap_or(Level::ltr());
            line.push_level(text.get(range).unwrap_or_default(), level.is_rtl(), weight, used);
        }
    }
    line
}

/// Breaks a text into lines no wider than `width` (thousandths of the font size) and sets them. Beyond `max_lines` the
/// text ends in an ellipsis.
pub(super) fn wrap(text: &str, weight: Weight, width: i64, max_lines: usize, used: &mut Used) -> Vec<Line> {
    // Letters and their marks as one character where there is one: fonts have that, and hardly ever the parts.
    let composed = if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) };
    let text = composed.as_ref();
    // Where the lines end is found by the widths of single characters. Should shaping make one wider, all end earlier.
    let mut narrower = width;
    let (mut lines, mut is_cut) = wrap_at(text, weight, narrower, max_lines, used);
    for _ in 0..TRIES {
        let widest = lines.iter().map(|line| line.width).max().unwrap_or(0);
        if widest <= width {
            break;
        }
        narrower = narrower * width / widest;
        (lines, is_cut) = wrap_at(text, weight, narrower, max_lines, used);
    }
    used.cut += usize::from(is_cut);
    lines
}

/// The lines of a text, and whether there would have been more.
fn wrap_at(text: &str, weight: Weight, width: i64, max_lines: usize, used: &mut Used) -> (Vec<Line>, bool) {
    let mut lines = Vec::new();
    let ranges = breaks(text, weight, width);
    let base = match unicode_bidi::get_base_direction(text) {
        Direction::Ltr => Some(Level::ltr()),
        Direction::Rtl => Some(Level::rtl()),
        Direction::Mixed => None,
    };
    for (index, range) in ranges.iter().enumerate() {
        let part = text.get(range.clone()).unwrap_or_default().trim_end();
        if index + 1 == max_lines && ranges.len() > max_lines {
            lines.push(line_of(&format!("{part}…"), base, weight, used));
            return (lines, true);
        }
        lines.push(line_of(part, base, weight, used));
    }
    (lines, false)
}

/// The text without explicit bidirectional controls, which could make a name cover its neighbours, and without other
/// signs that are not seen.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|char| is_joiner(*char) || matches!(char, '\u{200e}' | '\u{200f}') || !is_invisible(*char))
        .collect()
}

impl Line {
    fn push(&mut self, slot: Slot, glyph: Glyph) {
        self.width += glyph.advance;
        match self.runs.last_mut() {
            Some(run) if run.slot == slot => run.glyphs.push(glyph),
            _ => self.runs.push(Run { slot, glyphs: vec![glyph] }),
        }
    }

    /// Characters of the basic part, in visual order.
    fn push_basic(&mut self, chars: impl Iterator<Item = char>, weight: Weight, used: &mut Used) {
        let basic = weight.basic();
        let mut before: Option<char> = None;
        for char in chars {
            let known = basic.glyph(char);
            if known.is_none() {
                used.unprintable.insert(char);
            }
            let Some(id) = known.or_else(|| basic.glyph(UNKNOWN)) else { continue };
            if let Some(before) = before
                && let Some(last) = self.runs.last_mut().and_then(|run| run.glyphs.last_mut())
            {
                let kerning = basic.kerning(before, char);
                last.advance += kerning;
                self.width += kerning;
            }
            used.take_basic(basic.extent(id), weight);
            let natural = basic.advance(id);
            self.push(Slot::Basic(weight), Glyph { id, natural, advance: natural, dx: 0, dy: 0 });
            before = Some(char);
        }
    }

    /// A stretch of text of one direction.
    fn push_level(&mut self, text: &str, rtl: bool, weight: Weight, used: &mut Used) {
        let mut parts = itemize(text, weight);
        if rtl {
            parts.reverse();
        }
        for (slot, range) in parts {
            let part = text.get(range).unwrap_or_default();
            match slot {
                Slot::Basic(_) if rtl => self.push_basic(part.chars().rev().map(mirrored), weight, used),
                Slot::Basic(_) => self.push_basic(part.chars(), weight, used),
                Slot::Subset(file) => self.push_shaped(part, file, rtl, used),
            }
        }
    }

    fn push_shaped(&mut self, text: &str, index: usize, rtl: bool, used: &mut Used) {
        let Some((file, face)) = fonts::file(index).and_then(|file| Some((file, file.face()?))) else { return };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if rtl { rustybuzz::Direction::RightToLeft } else { rustybuzz::Direction::LeftToRight });
        buffer.set_cluster_level(BufferClusterLevel::MonotoneGraphemes);
        buffer.guess_segment_properties();
        let shaped = rustybuzz::shape(face, &[], buffer);
        let infos = shaped.glyph_infos();
        let clusters = Clusters::of(text, infos.iter().map(|info| info.cluster), rtl);
        let mut told = String::new();
        for (at, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let glyph = u16::try_from(info.glyph_id).unwrap_or(0);
            // A shaper shows what it cannot place as glyph 0, which PDF/A forbids.
            if glyph == 0 {
                used.unprintable
                    .extend(clusters.text(text, info.cluster).chars().filter(|char| file.glyph(*char).is_none()));
                self.push_basic(std::iter::once(UNKNOWN), Weight::Regular, used);
                continue;
            }
            let first = at == 0 || infos.get(at - 1).is_none_or(|before| before.cluster != info.cluster);
            if first {
                clusters.text(text, info.cluster).clone_into(&mut told);
            }
            let last = infos.get(at + 1).is_none_or(|after| after.cluster != info.cluster);
            let said = say(&mut told, |char| file.glyph(char) == Some(glyph), last);
            let natural = file.advance(glyph);
            let id = used.take(index, glyph, natural, &said);
            let (above, below) = file.reach(glyph, file.thousandths(i64::from(position.y_offset)));
            self.above = self.above.max(above);
            self.below = self.below.max(below);
            self.push(
                Slot::Subset(index),
                Glyph {
                    id,
                    natural,
                    advance: file.thousandths(i64::from(position.x_advance)),
                    dx: file.thousandths(i64::from(position.x_offset)),
                    dy: file.thousandths(i64::from(position.y_offset)),
                },
            );
        }
    }
}

/// Takes from the rest of a cluster's text what one of its glyphs stands for: the character it is the plain glyph of,
/// or, for the last glyph, all that nobody has said.
fn say(rest: &mut String, is_plain: impl Fn(char) -> bool, last: bool) -> String {
    if let Some((at, char)) = rest.char_indices().find(|(_, char)| is_plain(*char)) {
        rest.remove(at);
        if !last || rest.is_empty() {
            return char.to_string();
        }
        return format!("{char}{}", std::mem::take(rest));
    }
    if last { std::mem::take(rest) } else { String::new() }
}

/// Where the clusters of a shaped text start, to find the text of each.
struct Clusters(Vec<usize>);

impl Clusters {
    fn of(text: &str, clusters: impl Iterator<Item = u32>, rtl: bool) -> Self {
        let mut starts: Vec<_> = clusters.filter_map(|cluster| usize::try_from(cluster).ok()).collect();
        if rtl {
            starts.reverse();
        }
        starts.dedup();
        starts.push(text.len());
        Self(starts)
    }

    fn text<'a>(&self, text: &'a str, cluster: u32) -> &'a str {
        let Ok(start) = usize::try_from(cluster) else { return "" };
        let end = self.0.get(self.0.partition_point(|at| *at <= start)).copied().unwrap_or(text.len());
        text.get(start..end).unwrap_or_default()
    }
}

/// Splits a text into parts of one font each. A mark goes with its letter where that letter's font has it.
fn itemize(text: &str, weight: Weight) -> Vec<(Slot, Range<usize>)> {
    let mut parts: Vec<(Slot, Range<usize>)> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, char)) = chars.next() {
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        let marked = chars.peek().is_some_and(|(_, next)| is_mark(*next) || is_joiner(*next));
        let follows = is_mark(char) || is_joiner(char);
        if let Some((Slot::Subset(index), range)) = parts.last_mut()
            && follows
            && (is_joiner(char) || fonts::file(*index).is_some_and(|file| file.glyph(char).is_some()))
        {
            range.end = end;
            continue;
        }
        let slot = if !marked && weight.basic().glyph(char).is_some() {
            Slot::Basic(weight)
        } else if is_invisible(char) {
            continue;
        } else {
            weight.file_for(char).map_or(Slot::Basic(weight), Slot::Subset)
        };
        match parts.last_mut() {
            Some((last, range)) if *last == slot && range.end == start => range.end = end,
            _ => parts.push((slot, start..end)),
        }
    }
    parts
}

fn mirrored(char: char) -> char {
    match char {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        other => other,
    }
}
