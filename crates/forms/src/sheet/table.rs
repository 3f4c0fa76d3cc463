//! A table of names with their values beneath, as the DNA profile card has one.

use super::{MM, Mark, Piece, Sheet, WIDTH};
use crate::typeface::{CAPTION, Style, VALUE};

/// Columns of the printed card.
pub(crate) const COLUMNS: usize = 9;
const NAME_HEIGHT: f32 = 5.2 * MM;
const VALUE_HEIGHT: f32 = 6.4 * MM;
const NAME: Style = Style { size: 9.0, ..CAPTION };
const ENTRY: Style = Style { size: 10.0, ..VALUE };
/// Room that a text leaves to the borders of its cell.
const PADDING: f32 = 1.0 * MM;

impl Sheet<'_> {
    /// Rows of nine columns: in each the name, below it the value or nothing.
    pub(crate) fn table(&mut self, entries: &[(String, String)]) {
        let column = WIDTH / COLUMNS as f32;
        let row_height = NAME_HEIGHT + VALUE_HEIGHT;
        let mut marks = Vec::new();
        let mut top = 0.0;
        for row in entries.chunks(COLUMNS) {
            for (index, (name, value)) in row.iter().enumerate() {
                let x = index as f32 * column;
                marks.extend(self.centered(name, NAME, [x, top, column, NAME_HEIGHT]));
                let value_box = [x, top + NAME_HEIGHT, column, VALUE_HEIGHT];
                marks.extend(self.centered(value, ENTRY, value_box));
                marks.push(Mark::vertical(x, top, row_height));
            }
            let width = row.len() as f32 * column;
            marks.push(Mark::vertical(width, top, row_height));
            for y in [top, top + NAME_HEIGHT, top + row_height] {
                marks.push(Mark::horizontal(0.0, y, width));
            }
            top += row_height;
        }
        self.pieces.push(Piece { height: top, marks });
    }

    /// A text in the middle of a box; smaller when it would touch the borders.
    fn centered(&self, text: &str, style: Style, [x, y, w, h]: [f32; 4]) -> Option<Mark> {
        if text.is_empty() {
            return None;
        }
        let room = w - 2.0 * PADDING;
        let natural = self.typeface.shape(text, style).width;
        let size = style.size * (room / natural).min(1.0);
        let style = Style { size, ..style };
        let shaped = self.typeface.shape(text, style);
        let baseline = y + (h + size * 0.66) / 2.0;
        Some(Mark::Text { x: x + (w - shaped.width) / 2.0, y: baseline, shaped })
    }
}
