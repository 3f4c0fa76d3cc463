//! The coarse orientation field kept with a template.

use crate::VocabularyError;
use std::fmt;

/// Ridge orientation in square cells of [`Self::CELL_PX`] pixels, from the top left corner, row by
/// row; a cell without usable ridges is background. Orientations are undirected: 1/240 of half a
/// turn, counter-clockwise from the x axis. `Debug` shows the size only.
#[derive(Clone, PartialEq, Eq)]
pub struct RidgeFlow {
    columns: u16,
    rows: u16,
    cells: Vec<u8>,
}

impl RidgeFlow {
    /// Side of a cell, in pixels at 500 ppi.
    pub const CELL_PX: u16 = 16;
    /// Orientations in half a turn.
    pub const ORIENTATIONS: u8 = 240;
    /// The value of a background cell. Values between [`Self::ORIENTATIONS`] and this are invalid.
    pub const BACKGROUND: u8 = 255;

    /// Wraps cells.
    ///
    /// # Errors
    /// [`VocabularyError::RidgeFlowCells`] on a wrong number of cells or an invalid value.
    pub fn new(columns: u16, rows: u16, cells: Vec<u8>) -> Result<Self, VocabularyError> {
        let valid = |cell: &u8| *cell < Self::ORIENTATIONS || *cell == Self::BACKGROUND;
        if cells.len() != usize::from(columns) * usize::from(rows) || !cells.iter().all(valid) {
            return Err(VocabularyError::RidgeFlowCells { columns, rows, found: cells.len() });
        }
        Ok(Self { columns, rows, cells })
    }

    /// Columns of cells.
    pub const fn columns(&self) -> u16 {
        self.columns
    }

    /// Rows of cells.
    pub const fn rows(&self) -> u16 {
        self.rows
    }

    /// All cells, `columns * rows` of them.
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// The orientation at a point in pixels at 500 ppi, in 1/240 of half a turn; `None` outside the
    /// field and on background.
    pub fn orientation_at(&self, x_px: f32, y_px: f32) -> Option<u8> {
        let cell = f32::from(Self::CELL_PX);
        let (column, row) = ((x_px / cell).floor(), (y_px / cell).floor());
        let inside = (0.0..f32::from(self.columns)).contains(&column)
            && (0.0..f32::from(self.rows)).contains(&row);
        if !inside {
            return None;
        }
        let index = row as usize * usize::from(self.columns) + column as usize;
        Some(self.cells[index]).filter(|cell| *cell != Self::BACKGROUND)
    }

    /// Cells with ridges.
    pub fn foreground_cells(&self) -> usize {
        self.cells.iter().filter(|cell| **cell != Self::BACKGROUND).count()
    }
}

impl fmt::Debug for RidgeFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RidgeFlow({} x {})", self.columns, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn background_and_outside_have_no_orientation() {
        let flow = RidgeFlow::new(2, 1, vec![100, RidgeFlow::BACKGROUND]).unwrap();
        assert_eq!(flow.orientation_at(15.9, 0.0), Some(100));
        assert_eq!(flow.orientation_at(16.0, 0.0), None);
        assert_eq!(flow.orientation_at(-0.1, 0.0), None);
        assert_eq!(flow.orientation_at(0.0, f32::NAN), None);
        assert_eq!(flow.foreground_cells(), 1);
    }

    #[test]
    fn values_between_the_orientations_and_background_are_invalid() {
        assert!(RidgeFlow::new(1, 1, vec![240]).is_err());
        assert!(RidgeFlow::new(1, 2, vec![0]).is_err());
    }
}
