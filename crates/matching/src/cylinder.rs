//! Minutia cylinders: how the neighbors of a minutia lie and point, seen from it.
//!
//! R. Cappelli, M. Ferrara, D. Maltoni, "Minutia Cylinder-Code", IEEE TPAMI 32(12), 2010,
//! doi:10.1109/TPAMI.2010.52. A cylinder stands on a minutia, its base turned with it and cut into
//! `sides x sides` cells of which those inside the circle count; its height is the difference of
//! direction to the neighbor, cut into sections.

use crate::geometry::{Hull, Point};
use crate::parameters::CylinderParameters;
use std::f32::consts::{PI, SQRT_2, TAU};

/// Angular sections of a cylinder.
pub(crate) const SECTIONS: usize = 5;
/// Entries of the table over differences of direction.
const TURNS: usize = 1024;

/// What every cylinder of one grid shares.
pub(crate) struct Grid {
    parameters: CylinderParameters,
    sides: usize,
    /// Side of a cell, px.
    cell_px: f32,
    /// Base cells inside the circle, as `(column, row)`.
    cells: Vec<(u8, u8)>,
    /// Part of a neighbor's weight that falls into each section, by difference of direction.
    sections: Vec<[f32; SECTIONS]>,
}

/// One cylinder: values by base cell in the order of [`Grid::cells`].
pub(crate) struct Cylinder {
    /// Contribution of the neighbors per cell and section.
    pub(crate) values: Vec<[f32; SECTIONS]>,
    /// Whether the cell can be judged.
    pub(crate) valid: Vec<bool>,
    /// Neighbors that contributed.
    pub(crate) neighbors: usize,
}

impl Cylinder {
    /// Whether enough of the cylinder is known.
    pub(crate) fn is_valid(&self, parameters: &CylinderParameters) -> bool {
        let cells = self.valid.iter().filter(|valid| **valid).count();
        self.neighbors >= parameters.neighbors_min
            && cells as f32 >= parameters.valid_cells_min * self.valid.len() as f32
    }
}

impl Grid {
    /// Tables for a base of `sides x sides` cells.
    pub(crate) fn new(sides: usize, parameters: &CylinderParameters) -> Self {
        let center = (sides as f32 - 1.0) / 2.0;
        let radius = sides as f32 / 2.0;
        let mut cells = Vec::new();
        for column in 0..sides {
            for row in 0..sides {
                let (u, v) = (column as f32 - center, row as f32 - center);
                if u * u + v * v <= radius * radius {
                    cells.push((column as u8, row as u8));
                }
            }
        }
        let sections = (0..TURNS).map(|turn| section_weights(turn, parameters.sigma_d_rad));
        Self {
            parameters: parameters.clone(),
            sides,
            cell_px: 2.0 * parameters.radius_px / sides as f32,
            cells,
            sections: sections.collect(),
        }
    }

    /// Fills the cylinder of `points[index]`.
    pub(crate) fn fill(&self, points: &[Point], index: usize, hull: &Hull) -> Cylinder {
        let center = &points[index];
        let reach = self.parameters.radius_px + 3.0 * self.parameters.sigma_s_px;
        let mut full = vec![[0.0; SECTIONS]; self.sides * self.sides];
        let mut neighbors = 0;
        for (other, point) in points.iter().enumerate() {
            if other == index || center.distance2(point) > reach * reach {
                continue;
            }
            neighbors += 1;
            let (dx, dy) = (point.x - center.x, point.y - center.y);
            let turn = center.direction.difference(point.direction) as u16;
            self.add(&mut full, center.turned(dx, dy), turn);
        }
        let offset = |cell: u8| (f32::from(cell) - (self.sides as f32 - 1.0) / 2.0) * self.cell_px;
        let valid = |cell: &(u8, u8)| {
            let (u, v) = (offset(cell.0), offset(cell.1));
            let (dx, dy) = (u * center.cos - v * center.sin, u * center.sin + v * center.cos);
            hull.contains(center.x + dx, center.y + dy, self.parameters.hull_px)
        };
        let index_of = |cell: &(u8, u8)| usize::from(cell.0) * self.sides + usize::from(cell.1);
        Cylinder {
            values: self.cells.iter().map(|cell| full[index_of(cell)]).collect(),
            valid: self.cells.iter().map(valid).collect(),
            neighbors,
        }
    }

    /// Adds one neighbor, at a place relative to the center in the turned frame.
    fn add(&self, full: &mut [[f32; SECTIONS]], place: (f32, f32), turn: u16) {
        let reach = 3.0 * self.parameters.sigma_s_px;
        let by_direction = &self.sections[(usize::from(turn) * TURNS) >> 16];
        let (columns, rows) = (self.span(place.0), self.span(place.1));
        for column in columns {
            let du = self.center_of(column) - place.0;
            let by_column = self.gauss(du);
            for row in rows.clone() {
                let dv = self.center_of(row) - place.1;
                if du * du + dv * dv > reach * reach {
                    continue;
                }
                let by_place = by_column * self.gauss(dv) / self.normalization();
                for (value, weight) in full[column * self.sides + row].iter_mut().zip(by_direction)
                {
                    *value += by_place * weight;
                }
            }
        }
    }

    /// Cells whose centers can lie within three sigma of a coordinate.
    fn span(&self, place: f32) -> std::ops::Range<usize> {
        let reach = 3.0 * self.parameters.sigma_s_px;
        let cell = |at: f32| (at / self.cell_px + self.sides as f32 / 2.0).floor();
        let first = cell(place - reach).max(0.0) as usize;
        let last = cell(place + reach).max(-1.0) as isize + 1;
        first..(last.max(0) as usize).min(self.sides)
    }

    fn center_of(&self, cell: usize) -> f32 {
        (cell as f32 - (self.sides as f32 - 1.0) / 2.0) * self.cell_px
    }

    fn gauss(&self, distance: f32) -> f32 {
        let scaled = distance / self.parameters.sigma_s_px;
        libm::expf(-0.5 * scaled * scaled)
    }

    fn normalization(&self) -> f32 {
        self.parameters.sigma_s_px * TAU.sqrt()
    }
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
    use crate::samples::{Sketch, template};

    fn sketch(x: f32, y: f32, direction: u16, reliability: u8) -> Sketch {
        Sketch { x, y, direction, reliability }
    }

    #[test]
    fn the_base_of_sixteen_sides_has_208_cells_and_of_eight_52() {
        let parameters = Parameters::default();
        assert_eq!(Grid::new(16, &parameters.full).cells.len(), crate::prepared::BASE_CELLS);
        assert_eq!(Grid::new(8, &parameters.packed).cells.len(), 52);
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
        let cylinder = grid.fill(&points, 0, &Hull::new(&points));
        let cell = grid.cells.iter().position(|cell| *cell == (8, 8)).unwrap();
        let value = cylinder.values[cell][2];
        assert!((value - 0.05699 * 0.76986).abs() < 2e-4, "{value}");
        assert!(cylinder.values.iter().flatten().all(|other| *other <= value));
        assert_eq!(cylinder.neighbors, 1);
    }

    #[test]
    fn the_sections_of_a_difference_add_up_to_nearly_one() {
        for turn in 0..TURNS {
            let total: f32 = section_weights(turn, PI / 6.0).iter().sum();
            assert!((total - 1.0).abs() < 2e-3, "{total} at {turn}");
        }
    }

    #[test]
    fn cells_far_outside_the_print_are_not_valid() {
        let parameters = Parameters::default().full;
        let grid = Grid::new(16, &parameters);
        let given = [sketch(200.0, 200.0, 0, 90), sketch(230.0, 200.0, 0, 80)];
        let points = points(&template(&given, None), 10);
        let cylinder = grid.fill(&points, 0, &Hull::new(&points));
        let cell = |place| grid.cells.iter().position(|cell| *cell == place).unwrap();
        assert!(cylinder.valid[cell((8, 8))], "the minutia itself");
        assert!(!cylinder.valid[cell((1, 8))], "behind it there is no minutia");
    }
}
