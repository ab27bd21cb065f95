//! Writes the drawing operators of one page. Lengths are thousandths of a point in integers, measured from the top left
//! corner of the page.

use crate::{
    fonts::Weight,
    text::{Line, Run, Slot},
};

/// A4, in thousandths of a point.
pub(super) const WIDTH: i64 = 595_276;
/// A4, in thousandths of a point.
pub(super) const HEIGHT: i64 = 841_890;

/// A colour in sRGB, as its operands are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) &'static str);

/// The operators of a page drawn so far.
pub(super) struct Canvas {
    pub(super) operators: Vec<u8>,
    font: Option<(Slot, i64)>,
    fill: Option<Colour>,
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self { operators: Vec::with_capacity(8 * 1024), font: None, fill: None }
    }

    fn fill(&mut self, colour: Colour) {
        if self.fill != Some(colour) {
            self.fill = Some(colour);
            self.operators.extend_from_slice(colour.0.as_bytes());
            self.operators.extend_from_slice(b" rg\n");
        }
    }

    /// A filled rectangle, `y` being its upper edge.
    pub(super) fn rectangle(&mut self, x: i64, y: i64, width: i64, height: i64, colour: Colour) {
        self.fill(colour);
        for number in [x, HEIGHT - y - height, width, height] {
            decimal(&mut self.operators, number);
            self.operators.push(b' ');
        }
        self.operators.extend_from_slice(b"re f\n");
    }

    /// A line of text starting at `x` on the baseline `y`, in a font size in thousandths of a point.
    pub(super) fn text(&mut self, x: i64, y: i64, size: i64, colour: Colour, line: &Line) {
        if line.runs.is_empty() {
            return;
        }
        self.fill(colour);
        self.operators.extend_from_slice(b"BT ");
        let mut along = 0;
        for (index, run) in line.runs.iter().enumerate() {
            self.select(run.slot, size);
            if index == 0 {
                decimal(&mut self.operators, x);
                self.operators.push(b' ');
                decimal(&mut self.operators, HEIGHT - y);
                self.operators.extend_from_slice(b" Td ");
            }
            along += self.show(run);
        }
        debug_assert_eq!(along, line.width);
        self.operators.extend_from_slice(b"ET\n");
    }

    /// A line of text from the lower left to the upper right, its middle in that of the page.
    pub(super) fn diagonal(&mut self, size: i64, colour: Colour, line: &Line) {
        // 55 degrees: cosine and sine.
        self.operators.extend_from_slice(b"q 0.5736 0.8192 -0.8192 0.5736 ");
        decimal(&mut self.operators, WIDTH / 2);
        self.operators.push(b' ');
        decimal(&mut self.operators, HEIGHT / 2);
        self.operators.extend_from_slice(b" cm\n");
        self.text(-line.width * size / 2000, HEIGHT + size * 35 / 100, size, colour, line);
        self.operators.extend_from_slice(b"Q\n");
        // Restoring takes back what was selected.
        self.font = None;
        self.fill = None;
    }

    fn select(&mut self, slot: Slot, size: i64) {
        if self.font == Some((slot, size)) {
            return;
        }
        self.font = Some((slot, size));
        self.operators.push(b'/');
        match slot {
            Slot::Basic(Weight::Regular) => self.operators.push(b'R'),
            Slot::Basic(Weight::Bold) => self.operators.push(b'B'),
            Slot::Subset(file) => {
                self.operators.push(b'F');
                self.operators.extend_from_slice(file.to_string().as_bytes());
            }
        }
        self.operators.push(b' ');
        decimal(&mut self.operators, size);
        self.operators.extend_from_slice(b" Tf ");
    }

    /// Shows the glyphs of a run and tells how far it goes. The `TJ` operator takes what its numbers say off the way,
    /// so that a wider advance is a negative number.
    fn show(&mut self, run: &Run) -> i64 {
        let mut width = 0;
        // How far the pen is off from where the next glyph belongs.
        let mut off = 0;
        let mut rise = 0;
        self.operators.extend_from_slice(b"[(");
        for glyph in &run.glyphs {
            if glyph.dy != rise {
                rise = glyph.dy;
                self.operators.extend_from_slice(b")] TJ ");
                self.rise(rise);
                self.operators.extend_from_slice(b"[(");
            }
            let shift = off + glyph.dx;
            if shift != 0 {
                self.operators.push(b')');
                integer(&mut self.operators, -shift);
                self.operators.push(b'(');
            }
            code(&mut self.operators, glyph.id);
            off = glyph.advance - glyph.natural - glyph.dx;
            width += glyph.advance;
        }
        self.operators.push(b')');
        if off != 0 {
            integer(&mut self.operators, -off);
        }
        self.operators.extend_from_slice(b"] TJ ");
        if rise != 0 {
            self.rise(0);
        }
        width
    }

    fn rise(&mut self, thousandths: i64) {
        let size = self.font.map_or(0, |(_, size)| size);
        decimal(&mut self.operators, thousandths * size / 1000);
        self.operators.extend_from_slice(b" Ts ");
    }
}

/// A glyph's number as the two bytes of it within a string, half as long as the same in hexadecimal.
fn code(out: &mut Vec<u8>, number: u16) {
    for byte in number.to_be_bytes() {
        match byte {
            b'(' | b')' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            // A carriage return in a string would be read as a line feed.
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.push(byte),
        }
    }
}

fn integer(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0_u8; 20];
    let mut left = number.unsigned_abs();
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        length += 1;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[digits.len() - length..]);
}

/// A length as points with two decimals, which is finer than any printer.
fn decimal(out: &mut Vec<u8>, thousandths: i64) {
    let hundredths = (thousandths + 5).div_euclid(10);
    if hundredths < 0 {
        out.push(b'-');
    }
    let size = hundredths.abs();
    integer(out, size / 100);
    let (tenths, rest) = (size / 10 % 10, size % 10);
    if tenths != 0 || rest != 0 {
        out.push(b'.');
        integer(out, tenths);
        if rest != 0 {
            integer(out, rest);
        }
    }
}
