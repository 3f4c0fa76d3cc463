//! A side of paper: pieces stacked from top to bottom, then turned into marks with places.
//!
//! A piece is laid out once, against the width of the text; the gaps between pieces stretch or
//! shrink so that a side with long fields still holds them all.

mod cells;
mod footer;
mod prose;
mod ruled;
mod table;

pub(crate) use cells::{Cells, DateCells};
pub(crate) use footer::Footer;
pub(crate) use prose::{Align, Span};
pub(crate) use ruled::Ruled;
pub(crate) use table::COLUMNS;

use crate::typeface::{Shaped, Style, Typeface};
use crate::{FormError, Place};
use unicode_segmentation::UnicodeSegmentation;

/// Points in a millimeter.
pub(crate) const MM: f32 = 72.0 / 25.4;
/// A4.
pub(crate) const PAGE_WIDTH: f32 = 210.0 * MM;
pub(crate) const PAGE_HEIGHT: f32 = 297.0 * MM;
/// The left margin leaves room for a binder.
const LEFT: f32 = 22.0 * MM;
const TOP: f32 = 13.0 * MM;
/// Between the margins.
pub(crate) const WIDTH: f32 = PAGE_WIDTH - LEFT - 15.0 * MM;
/// Where the last piece must end: above the footer.
const BOTTOM: f32 = PAGE_HEIGHT - footer::HEIGHT - 12.0 * MM;
/// Between two pieces, when there is room.
const GAP: f32 = 2.4 * MM;
/// Between two pieces, at least.
const GAP_MIN: f32 = 0.7 * MM;

/// Something drawn, in points from the top left corner of its piece, later of its page.
#[derive(Clone)]
pub(crate) enum Mark {
    /// Text by the left end of its baseline.
    Text { x: f32, y: f32, shaped: Shaped },
    /// A line.
    Rule { from: [f32; 2], to: [f32; 2] },
    /// A filled rectangle: left, top, width, height.
    Filled { rects: Vec<[f32; 4]> },
}

impl Mark {
    fn horizontal(x: f32, y: f32, width: f32) -> Self {
        Self::Rule { from: [x, y], to: [x + width, y] }
    }

    fn vertical(x: f32, y: f32, height: f32) -> Self {
        Self::Rule { from: [x, y], to: [x, y + height] }
    }

    fn moved(self, dx: f32, dy: f32) -> Self {
        match self {
            Self::Text { x, y, shaped } => Self::Text { x: x + dx, y: y + dy, shaped },
            Self::Rule { from, to } => {
                Self::Rule { from: [from[0] + dx, from[1] + dy], to: [to[0] + dx, to[1] + dy] }
            }
            Self::Filled { rects } => {
                let moved = rects.into_iter().map(|[x, y, w, h]| [x + dx, y + dy, w, h]);
                Self::Filled { rects: moved.collect() }
            }
        }
    }
}

/// One row of a form, laid out.
pub(crate) struct Piece {
    /// In points.
    height: f32,
    marks: Vec<Mark>,
}

/// The pieces of one side.
pub(crate) struct Sheet<'a> {
    typeface: &'a Typeface,
    pieces: Vec<Piece>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(typeface: &'a Typeface) -> Self {
        Self { typeface, pieces: Vec::new() }
    }

    /// Empty paper of a height in millimeters.
    pub(crate) fn space(&mut self, height_mm: f32) {
        self.pieces.push(Piece { height: height_mm * MM, marks: Vec::new() });
    }

    /// The marks of the side with their places on the page, paragraph by paragraph, the footer
    /// last; `None` when they do not fit.
    pub(crate) fn place(self, footer: Footer<'_>) -> Option<Vec<Vec<Mark>>> {
        let content: f32 = self.pieces.iter().map(|piece| piece.height).sum();
        let gaps = self.pieces.len().saturating_sub(1).max(1) as f32;
        let gap = ((BOTTOM - TOP - content) / gaps).min(GAP);
        if gap < GAP_MIN {
            return None;
        }
        let moved =
            |marks: Vec<Mark>, top| marks.into_iter().map(|mark| mark.moved(LEFT, top)).collect();
        let mut paragraphs = Vec::with_capacity(self.pieces.len() + 1);
        let mut top = TOP;
        for piece in self.pieces {
            paragraphs.push(moved(piece.marks, top));
            top += piece.height + gap;
        }
        paragraphs.push(moved(footer.marks(self.typeface), BOTTOM));
        Some(paragraphs)
    }

    /// Whether the font has every character of a value.
    fn printable(&self, place: Place, value: &str, style: Style) -> Result<(), FormError> {
        match self.typeface.missing(value, style.weight) {
            Some(position) => Err(FormError::Unprintable { place, position }),
            None => Ok(()),
        }
    }

    /// The error of a value that was broken into more than `count` lines: how many characters
    /// `count` of them hold, the spaces between them included.
    fn too_long(place: Place, value: &str, lines: &[Shaped], count: usize) -> FormError {
        let characters = |text: &str| text.graphemes(true).count();
        let held: usize = lines[..count].iter().map(|line| characters(&line.text)).sum();
        FormError::TooLong { place, length: characters(value), limit: held + count - 1 }
    }
}
