//! Cells: one character each, after their caption.

use super::{MM, Mark, Piece, Sheet, WIDTH};
use crate::typeface::{CAPTION, HINT, Shaped, VALUE};
use crate::{FormError, Place};
use unicode_segmentation::UnicodeSegmentation;

const CELL: f32 = 5.6 * MM;
const CELL_HEIGHT: f32 = 6.0 * MM;
/// From the top of a cell to the baseline of what is in it.
const BASELINE: f32 = 4.4 * MM;
/// Between a caption and its cells, and between day, month and year.
const SPACE: f32 = 2.5 * MM;
const BETWEEN_DATE_PARTS: f32 = 7.0 * MM;
/// Rows that a value may take below its first.
const ROWS_BELOW: usize = 2;
/// Between the rows of one value.
const BETWEEN_ROWS: f32 = 0.6 * MM;

/// A row of cells with its caption.
pub(crate) struct Cells<'a> {
    pub(crate) place: Place,
    pub(crate) caption: &'a str,
    /// Cells in the printed form. A longer value gets more of them, up to the margin, and then rows
    /// of its own below.
    pub(crate) count: usize,
    /// Blank cells when `None`.
    pub(crate) value: Option<&'a str>,
}

/// Day, month and year in 2 + 2 + 4 cells, with what they are beneath.
pub(crate) struct DateCells<'a> {
    /// Before the cells.
    pub(crate) caption: &'a str,
    /// Below day, month and year.
    pub(crate) below: [&'a str; 3],
    /// Blank cells when `None`; the strings may be empty.
    pub(crate) value: Option<[String; 3]>,
}

impl Sheet<'_> {
    /// # Errors
    /// When the value is too long or cannot be printed.
    pub(crate) fn cells(&mut self, cells: &Cells<'_>) -> Result<(), FormError> {
        let value = cells.value.unwrap_or_default();
        self.printable(cells.place, value, VALUE)?;
        let characters: Vec<&str> = value.graphemes(true).collect();
        let (mut marks, [x, mut top]) = self.caption_before(cells.caption, cells.count);
        let room = ((WIDTH - x) / CELL) as usize;
        let per_row = (WIDTH / CELL) as usize;
        let limit = room + ROWS_BELOW * per_row;
        if characters.len() > limit {
            let (place, length) = (cells.place, characters.len());
            return Err(FormError::TooLong { place, length, limit });
        }
        let (first, below) = characters.split_at(characters.len().min(room));
        marks.extend(self.row(x, top, first, cells.count.max(first.len())));
        for row in below.chunks(per_row) {
            top += CELL_HEIGHT + BETWEEN_ROWS;
            marks.extend(self.row(0.0, top, row, row.len()));
        }
        self.pieces.push(Piece { height: top + CELL_HEIGHT, marks });
        Ok(())
    }

    /// Cells that hold a date; nothing of it can be too long.
    pub(crate) fn date_cells(&mut self, date: &DateCells<'_>) {
        const COUNTS: [usize; 3] = [2, 2, 4];
        let blank = Default::default();
        let values = date.value.as_ref().unwrap_or(&blank);
        let (mut marks, [mut x, top]) = self.caption_before(date.caption, COUNTS.iter().sum());
        for ((value, below), count) in values.iter().zip(date.below).zip(COUNTS) {
            let characters: Vec<&str> = value.graphemes(true).collect();
            marks.extend(self.row(x, top, &characters, count));
            let hint = self.typeface.shape(below, HINT);
            let width = count as f32 * CELL;
            let y = top + CELL_HEIGHT + HINT.ascent();
            marks.push(Mark::Text { x: x + (width - hint.width) / 2.0, y, shaped: hint });
            x += width + BETWEEN_DATE_PARTS;
        }
        self.pieces.push(Piece { height: top + CELL_HEIGHT + HINT.leading(), marks });
    }

    /// The caption's marks and the place of the first cell: at the caption's end if `count` cells
    /// fit there, else on a line of their own.
    fn caption_before(&self, caption: &str, count: usize) -> (Vec<Mark>, [f32; 2]) {
        let lines = self.typeface.wrap(caption, CAPTION, WIDTH, WIDTH);
        let leading = CAPTION.leading();
        let above = lines.len().saturating_sub(1) as f32 * leading;
        let end = lines.last().map_or(0.0, |line| line.width + SPACE);
        let beside = end + count as f32 * CELL <= WIDTH;
        let cells = if beside {
            [if caption.is_empty() { 0.0 } else { end }, above]
        } else {
            [0.0, above + leading + BETWEEN_ROWS]
        };
        // Beside its cells, the last line stands on their baseline.
        let drop = if beside { BASELINE - CAPTION.ascent() } else { 0.0 };
        let mark = |(index, shaped): (usize, Shaped)| {
            let last = index as f32 * leading == above;
            let y = index as f32 * leading + CAPTION.ascent() + if last { drop } else { 0.0 };
            Mark::Text { x: 0.0, y, shaped }
        };
        (lines.into_iter().enumerate().map(mark).collect(), cells)
    }

    /// Borders of `count` cells and the characters in the first of them.
    fn row(&self, x: f32, top: f32, characters: &[&str], count: usize) -> Vec<Mark> {
        let width = count as f32 * CELL;
        let mut marks =
            vec![Mark::horizontal(x, top, width), Mark::horizontal(x, top + CELL_HEIGHT, width)];
        let borders = (0..=count).map(|i| Mark::vertical(x + i as f32 * CELL, top, CELL_HEIGHT));
        marks.extend(borders);
        if !characters.is_empty() {
            let (indent, shaped) = self.typeface.shape_cells(characters, VALUE, CELL);
            marks.push(Mark::Text { x: x + indent, y: top + BASELINE, shaped });
        }
        marks
    }
}
