//! Values on a coarse square grid over the image.

use std::fmt;

/// One value per square cell, row by row from the top left corner of the image. The last column and
/// row may reach beyond the image. `Debug` shows the size only.
#[derive(Clone, PartialEq)]
pub struct Cells<T> {
    cell_px: usize,
    columns: usize,
    rows: usize,
    values: Vec<T>,
}

impl<T: Copy> Cells<T> {
    /// The same value in all cells that cover `width` x `height` pixels.
    pub(crate) fn filled(width: usize, height: usize, cell_px: usize, value: T) -> Self {
        let (columns, rows) = (width.div_ceil(cell_px), height.div_ceil(cell_px));
        Self { cell_px, columns, rows, values: vec![value; columns * rows] }
    }

    /// Side of a cell, in pixels at 500 ppi.
    pub const fn cell_px(&self) -> usize {
        self.cell_px
    }

    /// Columns of cells.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of cells.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// All values, `columns * rows` of them.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, to be changed.
    pub(crate) fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The value of the cell in a column and row.
    ///
    /// # Panics
    /// When the cell is outside the grid.
    pub fn get(&self, column: usize, row: usize) -> T {
        assert!(column < self.columns, "column {column} of {} columns", self.columns);
        self.values[row * self.columns + column]
    }

    /// The value of the cell that covers a pixel.
    ///
    /// # Panics
    /// When the pixel is outside the grid.
    pub fn at(&self, x_px: usize, y_px: usize) -> T {
        self.get(x_px / self.cell_px, y_px / self.cell_px)
    }
}

impl<T> fmt::Debug for Cells<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cells({} x {} of {} px)", self.columns, self.rows, self.cell_px)
    }
}
