//! Ridges grow from random spots.
//!
//! Every pass filters the pattern with the filter of each place and cuts the result off at
//! ±[`FULL`]; so ridges harden, spread and join, and where they cannot join in step, minutiae
//! appear. The pattern fills at half the resolution, where a pass costs a quarter and reaches twice
//! as far, and is finished at the full one. A tile is filtered again only when something within a
//! filter's reach has changed.

use crate::gabor::{FilterBank, WEIGHT_SUM};
use crate::plane::Plane;
use crate::random::Stream;

/// The value of a full ridge; a full valley is its negative.
pub(crate) const FULL: i16 = 256;
/// A place where nothing grows.
pub(crate) const NO_FILTER: u16 = u16::MAX;
/// Side of a cell that shares a filter, in pixels.
pub(crate) const CELL: usize = 2;
/// Side of a tile that is filtered or left alone as a whole, in pixels.
const TILE: usize = 8;
/// A smaller change than this does not wake the neighbours.
const CHANGE_MIN: i16 = 12;
/// How much stronger than the answer to a full pattern the result is, so that ridges harden.
const GROWTH_GAIN: f32 = 6.0;
/// The same of the last pass, which leaves rounded ridges.
const FINISH_GAIN: f32 = 1.5;

/// How the pattern starts and how long it grows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// One spot per this many pixels.
    pub(crate) spot_area_px: f32,
    /// Most passes at half the resolution.
    pub(crate) coarse_passes: usize,
    /// Passes at the full resolution.
    pub(crate) fine_passes: usize,
}

/// Grows a pattern of `filters.width * CELL` columns and `filters.height * CELL` rows, from -FULL
/// (valley) to FULL (ridge); 0 where there is no filter.
pub(crate) fn grow(filters: &Plane<u16>, growth: Growth, stream: &mut Stream) -> Plane<i16> {
    let coarse_bank = FilterBank::<16>::new(CELL as f32);
    let mut coarse = Field::new(filters, 1);
    coarse.sow(filters, growth.spot_area_px / (CELL * CELL) as f32, stream);
    for _ in 0..growth.coarse_passes {
        if !coarse.pass(filters, &coarse_bank, GROWTH_GAIN) {
            break;
        }
    }
    let fine_bank = FilterBank::<24>::new(1.0);
    let mut fine = Field::new(filters, CELL);
    fine.start_from(&coarse);
    for _ in 1..growth.fine_passes {
        fine.pass(filters, &fine_bank, GROWTH_GAIN);
    }
    fine.dirty.cells.fill(true);
    fine.pass(filters, &fine_bank, FINISH_GAIN);
    fine.pattern()
}

/// The pattern with a margin, so that no filter of `COLUMNS` columns reaches over an edge.
struct Field<const COLUMNS: usize> {
    /// Pixels on a side of a cell.
    cell: usize,
    stride: usize,
    now: Vec<i16>,
    next: Vec<i16>,
    width: usize,
    height: usize,
    dirty: Plane<bool>,
}

impl<const COLUMNS: usize> Field<COLUMNS> {
    const RADIUS: usize = FilterBank::<COLUMNS>::RADIUS;

    fn new(filters: &Plane<u16>, cell: usize) -> Self {
        let (width, height) = (filters.width * cell, filters.height * cell);
        let stride = width + 2 * Self::RADIUS + TILE + COLUMNS;
        let cells = stride * (height + 2 * Self::RADIUS + TILE + 1);
        let dirty = Plane::filled(width.div_ceil(TILE), height.div_ceil(TILE), false);
        Self { cell, stride, now: vec![0; cells], next: vec![0; cells], width, height, dirty }
    }

    fn place(&self, x: usize, y: usize) -> usize {
        (y + Self::RADIUS) * self.stride + x + Self::RADIUS
    }

    /// Drops spots of random sign where something can grow.
    fn sow(&mut self, filters: &Plane<u16>, spot_area_px: f32, stream: &mut Stream) {
        let count = (self.width * self.height) as f32 / spot_area_px;
        for _ in 0..count as usize {
            let x = stream.index(self.width as u32) as usize;
            let y = stream.index(self.height as u32) as usize;
            let sign = if stream.chance(0.5) { FULL } else { -FULL };
            if filters.at(x / self.cell, y / self.cell) == NO_FILTER {
                continue;
            }
            let place = self.place(x, y);
            for row in [place - self.stride, place, place + self.stride] {
                self.now[row - 1..=row + 1].fill(sign);
            }
            self.dirty.set(x / TILE, y / TILE, true);
        }
    }

    /// Takes over a pattern of half the resolution, interpolated.
    fn start_from<const OTHER: usize>(&mut self, coarse: &Field<OTHER>) {
        for y in 0..self.height {
            let row = coarse.place(0, 0) + (y / 2) * coarse.stride;
            let other_row = if y % 2 == 0 { row - coarse.stride } else { row + coarse.stride };
            let to = self.place(0, y);
            for x in 0..self.width {
                let near = x / 2;
                let other = if x % 2 == 0 { near.wrapping_sub(1) } else { near + 1 };
                let at = |row: usize, x: usize| i32::from(coarse.now[row.wrapping_add(x)]);
                let value = 9 * at(row, near)
                    + 3 * (at(row, other) + at(other_row, near))
                    + at(other_row, other);
                self.now[to + x] = (value >> 4) as i16;
            }
        }
        self.dirty.cells.fill(true);
    }

    /// Filters what may change; false when nothing did.
    fn pass(&mut self, filters: &Plane<u16>, bank: &FilterBank<COLUMNS>, gain: f32) -> bool {
        // A pattern of full ridges and valleys answers with at most the sum of the weights.
        let gain = (gain * 65_536.0 / WEIGHT_SUM) as i32;
        let mut changed = Plane::filled(self.dirty.width, self.dirty.height, false);
        for tile_y in 0..self.dirty.height {
            for tile_x in 0..self.dirty.width {
                if self.wakes(tile_x, tile_y) {
                    let difference = self.filter_tile(filters, bank, (tile_x, tile_y), gain);
                    changed.set(tile_x, tile_y, difference >= CHANGE_MIN);
                } else {
                    self.keep_tile(tile_x, tile_y);
                }
            }
        }
        std::mem::swap(&mut self.now, &mut self.next);
        self.dirty = changed;
        self.dirty.cells.contains(&true)
    }

    /// Whether something changed within a filter's reach of a tile.
    fn wakes(&self, tile_x: usize, tile_y: usize) -> bool {
        let reach = Self::RADIUS.div_ceil(TILE);
        let columns = tile_x.saturating_sub(reach)..(tile_x + reach + 1).min(self.dirty.width);
        let mut rows = tile_y.saturating_sub(reach)..(tile_y + reach + 1).min(self.dirty.height);
        rows.any(|y| self.dirty.row(y)[columns.clone()].contains(&true))
    }

    fn keep_tile(&mut self, tile_x: usize, tile_y: usize) {
        for y in tile_y * TILE..((tile_y + 1) * TILE).min(self.height) {
            let from = self.place(tile_x * TILE, y);
            let length = TILE.min(self.width - tile_x * TILE);
            self.next[from..from + length].copy_from_slice(&self.now[from..from + length]);
        }
    }

    /// Filters a tile and returns the largest change in it.
    fn filter_tile(
        &mut self,
        filters: &Plane<u16>,
        bank: &FilterBank<COLUMNS>,
        tile: (usize, usize),
        gain: i32,
    ) -> i16 {
        let cells = TILE / self.cell;
        let range = |tile: usize, limit: usize| tile * cells..((tile + 1) * cells).min(limit);
        let mut largest = 0;
        for cell_y in range(tile.1, filters.height) {
            for cell_x in range(tile.0, filters.width) {
                let filter = filters.at(cell_x, cell_y);
                if filter != NO_FILTER {
                    let change = self.filter_cell(bank.weights(filter), cell_x, cell_y, gain);
                    largest = largest.max(change);
                }
            }
        }
        largest
    }

    fn filter_cell(&mut self, weights: &[i16], cell_x: usize, cell_y: usize, gain: i32) -> i16 {
        let mut largest = 0;
        for y in cell_y * self.cell..(cell_y + 1) * self.cell {
            for x in cell_x * self.cell..(cell_x + 1) * self.cell {
                let answer =
                    respond::<COLUMNS>(&self.now[y * self.stride + x..], self.stride, weights);
                let full = i32::from(FULL);
                let value = (((answer >> 8) * gain) >> 8).clamp(-full, full) as i16;
                let place = self.place(x, y);
                largest = largest.max((value - self.now[place]).abs());
                self.next[place] = value;
            }
        }
        largest
    }

    fn pattern(&self) -> Plane<i16> {
        let mut pattern = Plane::filled(self.width, self.height, 0);
        for y in 0..self.height {
            let from = self.place(0, y);
            pattern.row_mut(y).copy_from_slice(&self.now[from..from + self.width]);
        }
        pattern
    }
}

/// The filter's answer to the pixels whose top left corner is at the start of `pixels`.
fn respond<const COLUMNS: usize>(pixels: &[i16], stride: usize, weights: &[i16]) -> i32 {
    let mut answer = 0;
    for (row, weights) in weights.as_chunks::<COLUMNS>().0.iter().enumerate() {
        let pixels = &pixels[row * stride..][..COLUMNS];
        let products = pixels.iter().zip(weights).map(|(p, w)| i32::from(*p) * i32::from(*w));
        answer += products.sum::<i32>();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;

    const SIDE: usize = 240;

    fn sown(filters: &Plane<u16>, spot_area_px: f32) -> Plane<i16> {
        let mut field = Field::<16>::new(filters, 1);
        field.sow(filters, spot_area_px, &mut Stream::new(Domain::Growth, [4, 0, 0]));
        field.pattern()
    }

    #[test]
    fn spots_are_sown_as_densely_as_asked_and_half_of_them_are_valleys() {
        let filters = Plane::filled(SIDE, SIDE, 0);
        for spot_area_px in [150.0, 600.0] {
            let pattern = sown(&filters, spot_area_px);
            let count = |value: i16| pattern.cells.iter().filter(|v| **v == value).count() as f32;
            // A spot has nine pixels; a few lie over others or over the edge.
            let expected = 9.0 * (SIDE * SIDE) as f32 / spot_area_px;
            let found = count(FULL) + count(-FULL);
            assert!((0.88..=1.0).contains(&(found / expected)), "{found} of {expected}");
            assert!((0.35..0.65).contains(&(count(FULL) / found)), "{} ridges", count(FULL));
        }
    }

    #[test]
    fn a_pattern_covers_all_that_has_a_filter_and_nothing_else() {
        let level = crate::gabor::nearest(0.0, 9.0);
        let mut filters = Plane::filled(SIDE / CELL, SIDE / CELL, level);
        for row in 0..SIDE / CELL {
            for column in 0..SIDE / CELL / 2 {
                filters.set(column, row, NO_FILTER);
            }
        }
        let growth = Growth { spot_area_px: 1000.0, coarse_passes: 24, fine_passes: 4 };
        let mut stream = Stream::new(Domain::Growth, [4, 0, 0]);
        let pattern = grow(&filters, growth, &mut stream);
        assert_eq!((pattern.width, pattern.height), (SIDE, SIDE));
        // The seam between the two halves is a few pixels wide.
        assert!((0..SIDE).all(|y| pattern.row(y)[..SIDE / 2 - 8].iter().all(|v| *v == 0)));
        // Level ridges nine pixels apart: every column crosses each of them once.
        for x in SIDE / 2 + 8..SIDE - 8 {
            let rises = |y: &usize| pattern.at(x, *y - 1) < 0 && pattern.at(x, *y) >= 0;
            let ridges = (9..SIDE - 8).filter(rises).count();
            assert!((23..=27).contains(&ridges), "{ridges} ridges in column {x}");
        }
    }
}
