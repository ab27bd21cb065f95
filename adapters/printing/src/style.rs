//! How a page looks: its margins, its colours, and the styles of its texts. All lengths are thousandths of a point.

use crate::{
    canvas::{Colour, WIDTH},
    fonts::Weight,
};

pub(super) const LEFT: i64 = 56_000;
pub(super) const RIGHT: i64 = WIDTH - 56_000;

pub(super) const INK: Colour = Colour("0.12 0.14 0.18");
pub(super) const MUTED: Colour = Colour("0.4 0.43 0.48");
pub(super) const ACCENT: Colour = Colour("0.07 0.24 0.42");
pub(super) const RULE: Colour = Colour("0.83 0.85 0.88");
pub(super) const BAND: Colour = Colour("0.94 0.95 0.97");

/// How a text is set.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) weight: Weight,
    pub(super) size: i64,
    pub(super) colour: Colour,
}

const fn style(weight: Weight, size: i64, colour: Colour) -> Style {
    Style { weight, size, colour }
}

pub(super) const HEADLINE: Style = style(Weight::Bold, 24_000, ACCENT);
pub(super) const LETTERHEAD: Style = style(Weight::Bold, 13_000, INK);
pub(super) const SMALL: Style = style(Weight::Regular, 8_500, MUTED);
pub(super) const LABEL: Style = style(Weight::Regular, 8_000, MUTED);
pub(super) const BODY: Style = style(Weight::Regular, 9_000, INK);
pub(super) const STRONG: Style = style(Weight::Bold, 9_000, INK);
pub(super) const TABLE_HEAD: Style = style(Weight::Bold, 8_000, INK);
pub(super) const WATERMARK: Style = style(Weight::Bold, 96_000, Colour("0.93 0.93 0.94"));
pub(super) const GRAND_TOTAL: Style = style(Weight::Bold, 11_000, ACCENT);
pub(super) const FOOTER: Style = style(Weight::Regular, 7_500, MUTED);
