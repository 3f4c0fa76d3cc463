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

    /// Changes the value of one cell.
    pub(crate) fn set(&mut self, column: usize, row: usize, value: T) {
        self.values[row * self.columns + column] = value;
    }

    /// Columns and rows of the cells at most `reach` cells away in either direction, row by row.
    pub(crate) fn around(
        &self,
        column: usize,
        row: usize,
        reach: usize,
    ) -> impl Iterator<Item = (usize, usize)> + use<T> {
        let columns = column.saturating_sub(reach)..(column + reach + 1).min(self.columns);
        let rows = row.saturating_sub(reach)..(row + reach + 1).min(self.rows);
        rows.flat_map(move |r| columns.clone().map(move |c| (c, r)))
    }

    /// Other values on the same grid.
    pub(crate) fn map<U: Copy>(&self, change: impl Fn(T) -> U) -> Cells<U> {
        Cells {
            cell_px: self.cell_px,
            columns: self.columns,
            rows: self.rows,
            values: self.values.iter().map(|value| change(*value)).collect(),
        }
    }

    /// Binomial smoothing: weights 1/4, 1/2, 1/4 in both directions, `times` over. Nothing comes in
    /// from outside the grid. `add` returns `sum + weight * value`.
    pub(crate) fn smoothed(&self, times: usize, add: impl Fn(T, T, f32) -> T) -> Self
    where
        T: Default,
    {
        let mut values = self.values.clone();
        let mut row_pass = vec![T::default(); values.len()];
        let columns = self.columns;
        for _ in 0..times {
            for (out, row) in row_pass.chunks_mut(columns).zip(values.chunks(columns)) {
                for (c, out) in out.iter_mut().enumerate() {
                    let mut sum = add(T::default(), row[c], 0.5);
                    if c > 0 {
                        sum = add(sum, row[c - 1], 0.25);
                    }
                    if c + 1 < columns {
                        sum = add(sum, row[c + 1], 0.25);
                    }
                    *out = sum;
                }
            }
            for (index, out) in values.iter_mut().enumerate() {
                let mut sum = add(T::default(), row_pass[index], 0.5);
                if index >= columns {
                    sum = add(sum, row_pass[index - columns], 0.25);
                }
                if index + columns < row_pass.len() {
                    sum = add(sum, row_pass[index + columns], 0.25);
                }
                *out = sum;
            }
        }
        Self { cell_px: self.cell_px, columns, rows: self.rows, values }
    }

    /// The value of the cell that covers a pixel.
    ///
    /// # Panics
    /// When the pixel is outside the grid.
    pub fn at(&self, x_px: usize, y_px: usize) -> T {
        self.get(x_px / self.cell_px, y_px / self.cell_px)
    }
}

/// Where a pixel lies between four cell centers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between {
    /// Indices of the cells: top left, top right, bottom left, bottom right.
    pub(crate) cells: [usize; 4],
    /// Their bilinear weights, summing to one.
    pub(crate) weights: [f32; 4],
}

impl<T: Copy> Cells<T> {
    /// The cells around a pixel; beyond the outer centers the border cells hold.
    pub(crate) fn between(&self, x_px: f32, y_px: f32) -> Between {
        let side = self.cell_px as f32;
        let split = |at: f32, count: usize| {
            let at = ((at + 0.5) / side - 0.5).clamp(0.0, (count - 1) as f32);
            let low = at as usize;
            (low, (low + 1).min(count - 1), at - low as f32)
        };
        let (left, right, fx) = split(x_px, self.columns);
        let (top, bottom, fy) = split(y_px, self.rows);
        Between {
            cells: [
                top * self.columns + left,
                top * self.columns + right,
                bottom * self.columns + left,
                bottom * self.columns + right,
            ],
            weights: [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy],
        }
    }
}

impl Cells<f32> {
    /// Bilinear interpolation between cell centers.
    pub(crate) fn interpolated(&self, x_px: f32, y_px: f32) -> f32 {
        let Between { cells, weights } = self.between(x_px, y_px);
        (0..4).map(|i| self.values[cells[i]] * weights[i]).sum()
    }
}

impl<T> fmt::Debug for Cells<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cells({} x {} of {} px)", self.columns, self.rows, self.cell_px)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells of 4 px: 0 10 20 in the first row, 40 50 60 in the second.
    fn cells() -> Cells<f32> {
        let mut cells = Cells::filled(12, 8, 4, 0.0);
        cells.values = vec![0.0, 10.0, 20.0, 40.0, 50.0, 60.0];
        cells
    }

    #[test]
    fn a_pixel_between_centers_gets_a_share_of_each() {
        // The center of the first cell lies between its second and third pixel, at 1.5.
        assert_eq!(cells().interpolated(1.5, 1.5), 0.0);
        assert_eq!(cells().interpolated(5.5, 5.5), 50.0);
        assert_eq!(cells().interpolated(2.5, 1.5), 2.5);
        assert_eq!(cells().interpolated(8.5, 1.5), 17.5);
        assert_eq!(cells().interpolated(1.5, 4.5), 30.0);
        assert_eq!(cells().interpolated(3.5, 3.5), 25.0);
    }

    #[test]
    fn beyond_the_outer_centers_the_border_cells_hold() {
        assert_eq!(cells().interpolated(-100.0, 0.0), 0.0);
        assert_eq!(cells().interpolated(11.0, 0.5), 20.0);
        assert_eq!(cells().interpolated(100.0, 100.0), 60.0);
    }
}
