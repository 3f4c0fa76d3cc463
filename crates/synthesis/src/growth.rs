//! Ridges grow from random spots.
//!
//! Every pass filters the pattern with the filter of each place and cuts the result off at
//! ±[`FULL`]; so ridges harden, spread and join, and where they cannot join in step, minutiae
//! appear. A tile is filtered again only when something within a filter's reach has changed.

use crate::gabor::{COLUMNS, FilterBank, RADIUS, ROWS, WEIGHT_SUM};
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

/// What to grow: a filter for each cell of [`CELL`] pixels.
pub(crate) struct Soil<'a> {
    pub(crate) bank: &'a FilterBank,
    pub(crate) filters: Plane<u16>,
    /// One spot per this many pixels.
    pub(crate) spot_area_px: f32,
    pub(crate) passes: usize,
}

/// Grows a pattern of `filters.width * CELL` columns and `filters.height * CELL` rows, from -FULL
/// (valley) to FULL (ridge); 0 where there is no filter.
pub(crate) fn grow(soil: &Soil, stream: &mut Stream) -> Plane<i16> {
    let mut field = Field::new(&soil.filters);
    field.sow(soil, stream);
    for _ in 0..soil.passes {
        if !field.pass(soil, 6.0) {
            break;
        }
    }
    field.dirty.cells.fill(true);
    field.pass(soil, 1.4);
    field.pattern()
}

/// The pattern with a margin, so that no filter reaches over an edge.
struct Field {
    stride: usize,
    now: Vec<i16>,
    next: Vec<i16>,
    width: usize,
    height: usize,
    dirty: Plane<bool>,
}

impl Field {
    fn new(filters: &Plane<u16>) -> Self {
        let (width, height) = (filters.width * CELL, filters.height * CELL);
        let stride = width + 2 * RADIUS + TILE + COLUMNS;
        let cells = stride * (height + 2 * RADIUS + TILE + 1);
        let dirty = Plane::filled(width.div_ceil(TILE), height.div_ceil(TILE), false);
        Self { stride, now: vec![0; cells], next: vec![0; cells], width, height, dirty }
    }

    fn place(&self, x: usize, y: usize) -> usize {
        (y + RADIUS) * self.stride + x + RADIUS
    }

    /// Drops spots of random size and sign where something can grow.
    fn sow(&mut self, soil: &Soil, stream: &mut Stream) {
        let count = (self.width * self.height) as f32 / soil.spot_area_px;
        for _ in 0..count as usize {
            let x = stream.index(self.width as u32) as usize;
            let y = stream.index(self.height as u32) as usize;
            let sign = if stream.chance(0.5) { FULL } else { -FULL };
            if soil.filters.at(x / CELL, y / CELL) == NO_FILTER {
                continue;
            }
            let place = self.place(x, y);
            for row in [place - self.stride, place, place + self.stride] {
                self.now[row - 1..=row + 1].fill(sign);
            }
            self.dirty.set(x / TILE, y / TILE, true);
        }
    }

    /// Filters what may change; false when nothing did.
    fn pass(&mut self, soil: &Soil, gain: f32) -> bool {
        // A pattern of full ridges and valleys answers with at most the sum of the weights.
        let gain = (gain * 65_536.0 / WEIGHT_SUM) as i32;
        let mut changed = Plane::filled(self.dirty.width, self.dirty.height, false);
        for tile_y in 0..self.dirty.height {
            for tile_x in 0..self.dirty.width {
                if self.wakes(tile_x, tile_y) {
                    let difference = self.filter_tile(soil, tile_x, tile_y, gain);
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
        const REACH: usize = RADIUS.div_ceil(TILE);
        let columns = tile_x.saturating_sub(REACH)..(tile_x + REACH + 1).min(self.dirty.width);
        let mut rows = tile_y.saturating_sub(REACH)..(tile_y + REACH + 1).min(self.dirty.height);
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
    fn filter_tile(&mut self, soil: &Soil, tile_x: usize, tile_y: usize, gain: i32) -> i16 {
        let mut largest = 0;
        let rows = tile_y * TILE / CELL..((tile_y + 1) * TILE / CELL).min(soil.filters.height);
        let columns = tile_x * TILE / CELL..((tile_x + 1) * TILE / CELL).min(soil.filters.width);
        for cell_y in rows {
            for cell_x in columns.clone() {
                let filter = soil.filters.at(cell_x, cell_y);
                if filter == NO_FILTER {
                    continue;
                }
                let weights = soil.bank.weights(filter);
                for k in 0..CELL * CELL {
                    let (x, y) = (cell_x * CELL + k % CELL, cell_y * CELL + k / CELL);
                    let from = y * self.stride + x;
                    let answer = respond(&self.now[from..], self.stride, weights);
                    let value = ((answer >> 8) * gain) >> 8;
                    let full = i32::from(FULL);
                    let value = value.clamp(-full, full) as i16;
                    let place = self.place(x, y);
                    largest = largest.max((value - self.now[place]).abs());
                    self.next[place] = value;
                }
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
fn respond(pixels: &[i16], stride: usize, weights: &[i16; ROWS * COLUMNS]) -> i32 {
    let mut sums = [0_i32; 8];
    for (row, weights) in weights.chunks_exact(COLUMNS).enumerate() {
        let from = row * stride;
        let pixels = &pixels[from..from + COLUMNS];
        for (p, w) in pixels.chunks_exact(8).zip(weights.chunks_exact(8)) {
            for k in 0..4 {
                sums[k] += i32::from(p[2 * k]) * i32::from(w[2 * k])
                    + i32::from(p[2 * k + 1]) * i32::from(w[2 * k + 1]);
            }
        }
    }
    sums.iter().sum()
}
