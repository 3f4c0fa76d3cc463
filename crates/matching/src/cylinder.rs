//! Minutia cylinders: how the neighbors of a minutia lie and point, seen from it.
//!
//! R. Cappelli, M. Ferrara, D. Maltoni, "Minutia Cylinder-Code", IEEE TPAMI 32(12), 2010,
//! doi:10.1109/TPAMI.2010.52. A cylinder stands on a minutia, its base turned with it and cut into
//! `sides x sides` cells of which those inside the circle count; its height is the difference of
//! direction to the neighbor, cut into sections.
//!
//! Cells are taken eight at a time, each by the same operations in the same order as one cell after
//! the other would be: the bits are those of the plain definition, which the tests keep.

use crate::exponential::{LANES, exp_falling};
use crate::geometry::{Hull, Point};
use crate::parameters::CylinderParameters;
use std::f32::consts::{PI, SQRT_2, TAU};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Angular sections of a cylinder.
pub(crate) const SECTIONS: usize = 5;
/// Most cells on a side of the base. A cell is numbered `column * SIDES_MAX + row`.
pub(crate) const SIDES_MAX: usize = 16;
/// Numbers of cells.
const CELLS: usize = SIDES_MAX * SIDES_MAX;
/// 64-bit words that hold a bit of each cell.
pub(crate) const BASE_WORDS: usize = CELLS / 64;
/// Columns whose bits share a word.
const WORD_COLUMNS: usize = 64 / SIDES_MAX;
/// Entries of the table over differences of direction.
const TURNS: usize = 1024;
/// Grids kept for the next template: those of two sets of parameters.
const GRIDS_KEPT: usize = 4;

static GRIDS: Mutex<Vec<Arc<Grid>>> = Mutex::new(Vec::new());

/// What every cylinder of one grid shares.
pub(crate) struct Grid {
    parameters: CylinderParameters,
    sides: usize,
    /// Side of a cell, px.
    cell_px: f32,
    /// How far the middle of a cell lies from the middle of its column, px.
    centers: [f32; SIDES_MAX],
    /// Cells inside the circle.
    circle: Base,
    /// Their numbers.
    cells: Vec<usize>,
    /// Part of a neighbor's weight that falls into each section, by difference of direction.
    sections: Vec<[f32; SECTIONS]>,
}

/// Cells of a base: a bit per row, by column.
type Base = [u16; SIDES_MAX];

/// Contributions of the neighbors, by section and cell.
type Values = [[f32; CELLS]; SECTIONS];

/// One bit cylinder.
#[derive(Clone)]
pub(crate) struct Cylinder {
    /// Cells that can be judged.
    pub(crate) mask: [u64; BASE_WORDS],
    /// Of these, the cells set, by section.
    pub(crate) bits: [[u64; BASE_WORDS]; SECTIONS],
    /// Neighbors that contributed.
    pub(crate) neighbors: usize,
}

impl Cylinder {
    /// How many cells can be judged.
    pub(crate) fn judged(&self) -> u32 {
        self.mask.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether a cell can be judged and is set.
    pub(crate) fn is_set(&self, cell: usize, section: usize) -> bool {
        self.bits[section][cell / 64] >> (cell % 64) & 1 == 1
    }
}

/// Neighboring cells of a column or a row, seen from a place.
struct Stretch {
    /// Those within reach.
    cells: Range<usize>,
    /// The cell of the first lane.
    first: usize,
    /// From the place to the middle of each lane's cell, px.
    offset: [f32; LANES],
    /// Gaussian of it; 0 for a lane beyond `cells`.
    weight: [f32; LANES],
}

impl Grid {
    /// Tables for a base of `sides x sides` cells, 8 to 16 a side; made once for all templates
    /// under the same parameters.
    pub(crate) fn shared(sides: usize, parameters: &CylinderParameters) -> Arc<Self> {
        let mut kept = GRIDS.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |grid: &&Arc<Self>| grid.sides == sides && grid.parameters == *parameters;
        if let Some(grid) = kept.iter().find(same) {
            return Arc::clone(grid);
        }
        let grid = Arc::new(Self::new(sides, parameters));
        kept.truncate(GRIDS_KEPT - 1);
        kept.insert(0, Arc::clone(&grid));
        grid
    }

    fn new(sides: usize, parameters: &CylinderParameters) -> Self {
        assert!((LANES..=SIDES_MAX).contains(&sides), "a base has 8 to 16 cells a side");
        let center = (sides as f32 - 1.0) / 2.0;
        let radius = sides as f32 / 2.0;
        let cell_px = 2.0 * parameters.radius_px / sides as f32;
        let mut circle = [0; SIDES_MAX];
        for (column, rows) in circle.iter_mut().enumerate().take(sides) {
            for row in 0..sides {
                let (u, v) = (column as f32 - center, row as f32 - center);
                *rows |= u16::from(u * u + v * v <= radius * radius) << row;
            }
        }
        let sections = (0..TURNS).map(|turn| section_weights(turn, parameters.sigma_d_rad));
        Self {
            parameters: parameters.clone(),
            sides,
            cell_px,
            centers: std::array::from_fn(|cell| (cell as f32 - center) * cell_px),
            cells: (0..CELLS).filter(|cell| is_in(&circle, *cell)).collect(),
            circle,
            sections: sections.collect(),
        }
    }

    /// Numbers of the cells inside the circle.
    pub(crate) fn cells(&self) -> &[usize] {
        &self.cells
    }

    /// The cylinder of `points[index]`; `None` when too little of it is known.
    pub(crate) fn cylinder(&self, points: &[Point], index: usize, hull: &Hull) -> Option<Cylinder> {
        cylinder(self, points, index, hull)
    }

    /// Cells of the circle that lie in the print or next to it.
    #[inline(always)]
    fn judged(&self, center: &Point, hull: &Hull) -> Base {
        let hull = hull.near((center.x, center.y), self.parameters.radius_px);
        let mut judged = self.circle;
        for (rows, u) in judged.iter_mut().zip(self.centers) {
            if *rows == 0 {
                continue;
            }
            let xs = self.centers.map(|v| center.x + (u * center.cos - v * center.sin));
            let ys = self.centers.map(|v| center.y + (u * center.sin + v * center.cos));
            *rows &= bits_of(&hull.contains_each(&xs, &ys, self.parameters.hull_px).map(u8::from));
        }
        judged
    }

    /// Cells with at least the contribution that sets a cell.
    #[inline(always)]
    fn reaching(&self, plane: &[f32; CELLS]) -> Base {
        // All cells in one loop: column by column, the compiler gathers one row of many columns.
        let mut flags = [0u8; CELLS];
        for (flag, value) in flags.iter_mut().zip(plane) {
            *flag = u8::from(*value >= self.parameters.mu_psi);
        }
        let (columns, _) = flags.as_chunks::<SIDES_MAX>();
        let mut reaching = [0; SIDES_MAX];
        for (rows, flags) in reaching.iter_mut().zip(columns) {
            *rows = bits_of(flags);
        }
        reaching
    }

    /// Adds all neighbors of `points[index]` and counts them.
    #[inline(always)]
    fn add_all(&self, values: &mut Values, points: &[Point], index: usize) -> usize {
        let center = &points[index];
        let reach = self.parameters.radius_px + 3.0 * self.parameters.sigma_s_px;
        let mut neighbors = 0;
        for (other, point) in points.iter().enumerate() {
            if other == index || center.distance2(point) > reach * reach {
                continue;
            }
            neighbors += 1;
            let (dx, dy) = (point.x - center.x, point.y - center.y);
            let turn = center.direction.difference(point.direction) as u16;
            self.add(values, center.turned(dx, dy), turn);
        }
        neighbors
    }

    /// Adds one neighbor, at a place relative to the center in the turned frame.
    #[inline(always)]
    fn add(&self, values: &mut Values, place: (f32, f32), turn: u16) {
        let by_direction = &self.sections[(usize::from(turn) * TURNS) >> 16];
        let (across, along) = (self.span(place.0), self.span(place.1));
        for column in across.clone().step_by(LANES) {
            let columns = self.stretch(place.0, column..(column + LANES).min(across.end));
            for row in along.clone().step_by(LANES) {
                let rows = self.stretch(place.1, row..(row + LANES).min(along.end));
                self.add_block(values, &columns, &rows, by_direction);
            }
        }
    }

    #[inline(always)]
    fn add_block(
        &self,
        values: &mut Values,
        columns: &Stretch,
        rows: &Stretch,
        by_direction: &[f32; SECTIONS],
    ) {
        let reach = 3.0 * self.parameters.sigma_s_px;
        let normalization = self.parameters.sigma_s_px * TAU.sqrt();
        for column in columns.cells.clone() {
            let lane = column - columns.first;
            let (du, by_column) = (columns.offset[lane], columns.weight[lane]);
            let mut by_place = [0.0; LANES];
            for (by_place, (dv, by_row)) in
                by_place.iter_mut().zip(rows.offset.iter().zip(rows.weight))
            {
                let within = u32::from(du * du + dv * dv <= reach * reach);
                let value: f32 = by_column * by_row / normalization;
                // A choice would be compiled to a branch around the division.
                *by_place = f32::from_bits(value.to_bits() & within.wrapping_neg());
            }
            let first = column * SIDES_MAX + rows.first;
            for (plane, weight) in values.iter_mut().zip(by_direction) {
                let values = plane[first..].first_chunk_mut::<LANES>().expect("rows end in time");
                for (value, by_place) in values.iter_mut().zip(by_place) {
                    *value += by_place * weight;
                }
            }
        }
    }

    /// Cells whose centers can lie within three sigma of a coordinate.
    #[inline(always)]
    fn span(&self, place: f32) -> Range<usize> {
        let reach = 3.0 * self.parameters.sigma_s_px;
        let cell = |at: f32| (at / self.cell_px + self.sides as f32 / 2.0).floor();
        let first = cell(place - reach).max(0.0) as usize;
        let last = cell(place + reach).max(-1.0) as isize + 1;
        first..(last.max(0) as usize).min(self.sides)
    }

    /// At most as many cells as there are lanes.
    #[inline(always)]
    fn stretch(&self, place: f32, cells: Range<usize>) -> Stretch {
        let first = cells.start.min(self.sides - LANES);
        let centers = self.centers[first..].first_chunk::<LANES>().expect("the sides hold a chunk");
        let offset = centers.map(|center| center - place);
        let scaled = offset.map(|offset| offset / self.parameters.sigma_s_px);
        let mut weight = exp_falling(scaled.map(|scaled| -0.5 * scaled * scaled));
        let used = (cells.start - first) as u32..(cells.end - first) as u32;
        for (lane, weight) in (0u32..).zip(weight.iter_mut()) {
            let used = u32::from(used.start <= lane) & u32::from(lane < used.end);
            *weight = f32::from_bits(weight.to_bits() & used.wrapping_neg());
        }
        Stretch { cells, first, offset, weight }
    }
}

/// [`Grid::cylinder`], compiled for several widths of registers; all give the same bits.
#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+popcnt",
    "x86_64+avx2+popcnt",
))]
fn cylinder(grid: &Grid, points: &[Point], index: usize, hull: &Hull) -> Option<Cylinder> {
    let parameters = &grid.parameters;
    let judged = grid.judged(&points[index], hull);
    let cells: u32 = judged.iter().map(|rows| rows.count_ones()).sum();
    if (cells as f32) < parameters.valid_cells_min * grid.cells.len() as f32 {
        return None;
    }
    let mut values = [[0.0; CELLS]; SECTIONS];
    let neighbors = grid.add_all(&mut values, points, index);
    if neighbors < parameters.neighbors_min {
        return None;
    }
    let mask = words(&judged);
    let mut bits = [[0; BASE_WORDS]; SECTIONS];
    for (bits, plane) in bits.iter_mut().zip(&values) {
        let set = words(&grid.reaching(plane));
        *bits = std::array::from_fn(|word| set[word] & mask[word]);
    }
    Some(Cylinder { mask, bits, neighbors })
}

/// Whether a base holds the cell of a number.
fn is_in(base: &Base, cell: usize) -> bool {
    base[cell / SIDES_MAX] >> (cell % SIDES_MAX) & 1 == 1
}

/// The bits of a base as words.
#[inline(always)]
fn words(base: &Base) -> [u64; BASE_WORDS] {
    std::array::from_fn(|index| {
        let columns = &base[index * WORD_COLUMNS..(index + 1) * WORD_COLUMNS];
        columns.iter().rev().fold(0, |word, rows| (word << SIDES_MAX) | u64::from(*rows))
    })
}

/// The flags, 0 or 1, as bits, the first lowest.
#[inline(always)]
fn bits_of(flags: &[u8; SIDES_MAX]) -> u16 {
    // The product moves the lowest bit of byte i to bit 56 + i, and nothing else there.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = flags.as_chunks::<8>();
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
    (bits(&eights[0]) | bits(&eights[1]) << 8) as u16
}

/// The area of a zero-mean normal over each section, for a difference of direction.
fn section_weights(turn: usize, sigma_rad: f32) -> [f32; SECTIONS] {
    let height = TAU / SECTIONS as f32;
    std::array::from_fn(|section| {
        let middle = -PI + (section as f32 + 0.5) * height;
        let difference = (turn as f32 + 0.5) / TURNS as f32 * TAU - middle;
        let wrapped = difference - TAU * ((difference + PI) / TAU).floor();
        let below = |angle: f32| 0.5 * (1.0 + libm::erff(angle / (sigma_rad * SQRT_2)));
        below(wrapped + height / 2.0) - below(wrapped - height / 2.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::points;
    use crate::parameters::Parameters;
    use crate::samples::{Sketch, finger, template};
    use proptest::prelude::*;

    fn sketch(x: f32, y: f32, direction: u16, reliability: u8) -> Sketch {
        Sketch { x, y, direction, reliability }
    }

    /// The definition, one cell and one neighbor after the other, with nothing saved.
    struct Plain<'a> {
        parameters: &'a CylinderParameters,
        sides: usize,
        points: &'a [Point],
        hull: &'a Hull,
    }

    impl Plain<'_> {
        fn middle(&self, cell: usize) -> (f32, f32) {
            let center = (self.sides as f32 - 1.0) / 2.0;
            let cell_px = 2.0 * self.parameters.radius_px / self.sides as f32;
            let place = |index: usize| (index as f32 - center) * cell_px;
            (place(cell / SIDES_MAX), place(cell % SIDES_MAX))
        }

        fn neighbors(&self, index: usize) -> Vec<&Point> {
            let reach = self.parameters.radius_px + 3.0 * self.parameters.sigma_s_px;
            let near = |p: &&Point| self.points[index].distance2(p) <= reach * reach;
            let others = self.points.iter().enumerate().filter(|(other, _)| *other != index);
            others.map(|(_, point)| point).filter(near).collect()
        }

        fn values(&self, index: usize, cell: usize) -> [f32; SECTIONS] {
            let (center, sigma) = (&self.points[index], self.parameters.sigma_s_px);
            let (u, v) = self.middle(cell);
            let mut values = [0.0; SECTIONS];
            for point in self.neighbors(index) {
                let place = center.turned(point.x - center.x, point.y - center.y);
                let (du, dv) = (u - place.0, v - place.1);
                if du * du + dv * dv > (3.0 * sigma) * (3.0 * sigma) {
                    continue;
                }
                let gauss = |d: f32| libm::expf(-0.5 * (d / sigma) * (d / sigma));
                let turn = center.direction.difference(point.direction) as u16;
                let by_direction =
                    section_weights((usize::from(turn) * TURNS) >> 16, self.parameters.sigma_d_rad);
                let by_place = gauss(du) * gauss(dv) / (sigma * TAU.sqrt());
                for (value, weight) in values.iter_mut().zip(by_direction) {
                    *value += by_place * weight;
                }
            }
            values
        }

        fn judged(&self, index: usize, cell: usize) -> bool {
            let center = &self.points[index];
            let (u, v) = self.middle(cell);
            let (dx, dy) = (u * center.cos - v * center.sin, u * center.sin + v * center.cos);
            self.hull.contains(center.x + dx, center.y + dy, self.parameters.hull_px)
        }

        fn check(&self, grid: &Grid, index: usize) {
            let mut found = [[0.0; CELLS]; SECTIONS];
            let neighbors = grid.add_all(&mut found, self.points, index);
            assert_eq!(neighbors, self.neighbors(index).len());
            let cylinder = grid.cylinder(self.points, index, self.hull);
            let (mut judged, mut set) = (0, 0);
            for cell in grid.cells().iter().copied() {
                let valid = self.judged(index, cell);
                judged += u32::from(valid);
                for (section, value) in self.values(index, cell).into_iter().enumerate() {
                    let found = found[section][cell];
                    assert_eq!(found.to_bits(), value.to_bits(), "{index}: {cell}, {section}");
                    let expected = valid && value >= self.parameters.mu_psi;
                    set += u32::from(expected);
                    if let Some(cylinder) = &cylinder {
                        assert_eq!(cylinder.is_set(cell, section), expected);
                    }
                }
                if let Some(cylinder) = &cylinder {
                    assert_eq!(cylinder.mask[cell / 64] >> (cell % 64) & 1 == 1, valid, "{cell}");
                }
            }
            let p = self.parameters;
            let known = judged as f32 >= p.valid_cells_min * grid.cells.len() as f32;
            assert_eq!(cylinder.is_some(), known && neighbors >= p.neighbors_min);
            if let Some(cylinder) = cylinder {
                let bits = cylinder.bits.as_flattened().iter().map(|word| word.count_ones());
                let found = (cylinder.judged(), cylinder.neighbors, bits.sum());
                assert_eq!(found, (judged, neighbors, set), "cells outside the circle count");
            }
        }
    }

    /// Some cylinders of a template against the definition: under both grids, and with sigmas that
    /// span more and less than a register.
    fn check(sketches: &[Sketch]) {
        let parameters = Parameters::default();
        let (full, packed) = (&parameters.full, &parameters.packed);
        let wide = CylinderParameters { sigma_s_px: 16.5, sigma_d_rad: 0.4, ..full.clone() };
        let narrow = CylinderParameters { sigma_s_px: 1.25, radius_px: 40.0, ..full.clone() };
        let grids = [(16, full), (8, packed), (16, &wide), (8, &wide), (13, &narrow)];
        for (sides, parameters) in grids {
            let points = points(&template(sketches, None), 300);
            let hull = Hull::new(&points);
            let grid = Grid::new(sides, parameters);
            let plain = Plain { parameters, sides, points: &points, hull: &hull };
            let step = (points.len() / 6).max(1);
            (0..points.len()).step_by(step).for_each(|index| plain.check(&grid, index));
        }
    }

    fn sketches() -> impl Strategy<Value = Sketch> {
        (0u16..6400, 0u16..6400, any::<u16>(), 0u8..=100).prop_map(
            |(x, y, direction, reliability)| {
                sketch(f32::from(x) / 16.0, f32::from(y) / 16.0, direction, reliability)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_template_gives_the_cylinders_of_the_definition_bit_for_bit(
            sketches in prop::collection::vec(sketches(), 0..40),
        ) {
            check(&sketches);
        }

        #[test]
        fn minutiae_in_a_heap_or_a_row_give_those_of_the_definition(
            middle in sketches(), count in 1usize..12, dx in 0u8..3, dy in 0u8..3,
        ) {
            let place = |index: usize| Sketch {
                x: middle.x + index as f32 * f32::from(dx) * 8.75,
                y: middle.y + index as f32 * f32::from(dy) * 8.75,
                ..middle
            };
            check(&(0..count).map(place).collect::<Vec<Sketch>>());
        }
    }

    #[test]
    fn the_least_and_the_largest_templates_give_the_cylinders_of_the_definition() {
        for count in [0, 1, 2, 3] {
            check(&finger(5, count));
        }
        let mut uniform = crate::samples::Uniform::new(3);
        let draw = |_| {
            let (x, y) = (400.0 * uniform.next(), 400.0 * uniform.next());
            sketch(x, y, (65535.0 * uniform.next()) as u16, 50)
        };
        check(&(0..256).map(draw).collect::<Vec<Sketch>>());
    }

    #[test]
    fn minutiae_on_the_rim_and_at_the_limits_of_reach_give_those_of_the_definition() {
        let rim = [(0.0, 0.0), (399.9, 0.0), (0.0, 399.9), (399.9, 399.9), (200.0, 0.0)];
        check(&rim.map(|(x, y)| sketch(x, y, 0, 90)));
        // A cell's side, three sigma, the radius and the reach apart, along the axes of the base.
        let apart = [0.0, 8.75, 21.0, 22.5, 42.0, 70.0, 91.0, 92.5];
        check(&apart.map(|dx| sketch(150.0 + dx, 200.0, 0, 90)));
        check(&apart.map(|dy| sketch(150.0, 150.0 + dy, 0x4000, 90)));
    }

    #[test]
    fn the_base_of_sixteen_sides_has_208_cells_and_of_eight_52() {
        let parameters = Parameters::default();
        let full = Grid::new(16, &parameters.full);
        assert_eq!(full.cells().len(), crate::prepared::BASE_CELLS);
        assert_eq!(Grid::new(8, &parameters.packed).cells().len(), 52);
    }

    #[test]
    fn a_grid_is_made_once_for_the_same_parameters() {
        // Parameters that no other test uses: those run beside this one.
        let one = CylinderParameters { radius_px: 61.5, ..Parameters::default().full };
        let other = CylinderParameters { sigma_d_rad: 0.7, ..one.clone() };
        assert_eq!(Grid::shared(16, &one).sections, Grid::new(16, &one).sections);
        assert_eq!(Grid::shared(16, &other).sections, Grid::new(16, &other).sections);
        assert_ne!(Grid::shared(16, &one).sections, Grid::shared(16, &other).sections);
        assert_eq!(Grid::shared(8, &one).cells().len(), 52);
        for step in 0..2 * GRIDS_KEPT {
            let radius_px = 30.0 + step as f32;
            let grid = Grid::shared(16, &CylinderParameters { radius_px, ..other.clone() });
            let kept = GRIDS.lock().unwrap();
            assert!(kept.len() <= GRIDS_KEPT);
            assert_eq!(grid.parameters.radius_px, radius_px);
        }
    }

    /// Computed by hand: sigma_S 7 px, sigma_D 30 degrees, sections of 72 degrees. A neighbor in
    /// the middle of a cell, pointing the same way, gives that cell `1 / (7 sqrt(2 pi))` times the
    /// area of a normal within 36 degrees, 1.2 sigma: 0.05699 x 0.76986.
    #[test]
    fn a_neighbor_amid_a_cell_gives_the_value_computed_by_hand() {
        let mut parameters = Parameters::default().full;
        parameters.sigma_s_px = 7.0;
        let grid = Grid::new(16, &parameters);
        // Half a cell (4.375 px) along and to the left of a minutia that points up (a quarter
        // turn): up on the screen is a smaller row, left a smaller column.
        let given =
            [sketch(200.0, 200.0, 0x4000, 90), sketch(200.0 - 4.375, 200.0 - 4.375, 0x4000, 80)];
        let points = points(&template(&given, None), 10);
        let mut values = [[0.0; CELLS]; SECTIONS];
        assert_eq!(grid.add_all(&mut values, &points, 0), 1);
        let value = values[2][8 * SIDES_MAX + 8];
        assert!((value - 0.05699 * 0.76986).abs() < 2e-4, "{value}");
        assert!(values.iter().flatten().all(|other| *other <= value));
    }

    #[test]
    fn the_sections_of_a_difference_add_up_to_nearly_one() {
        for turn in 0..TURNS {
            let total: f32 = section_weights(turn, PI / 6.0).iter().sum();
            assert!((total - 1.0).abs() < 2e-3, "{total} at {turn}");
        }
    }

    #[test]
    fn cells_far_outside_the_print_are_not_judged() {
        let grid = Grid::new(16, &Parameters::default().full);
        let given = [sketch(200.0, 200.0, 0, 90), sketch(230.0, 200.0, 0, 80)];
        let points = points(&template(&given, None), 10);
        let judged = grid.judged(&points[0], &Hull::new(&points));
        assert!(is_in(&judged, 8 * SIDES_MAX + 8), "the minutia itself");
        assert!(!is_in(&judged, SIDES_MAX + 8), "behind it there is no minutia");
    }
}
