//! From a template to bit cylinders.

use crate::cylinder::{Cylinder, Grid, SECTIONS};
use crate::geometry::{Hull, Point, points};
use crate::parameters::{PACKED_SIDES, Parameters, SelectionParameters};
use crate::record::{CYLINDERS, PackedRecord, WORDS};
use vocabulary::Template;

/// Bits of the 260 that do not fit into 256: four sections of one cell at the rim, where a cylinder
/// says least.
const DROPPED: [usize; 4] = [0, 1, 2, 3];

/// Packs the 32 best cylinders of a template.
pub fn pack(template: &Template, parameters: &Parameters) -> PackedRecord {
    let header = template.header();
    let mut record = PackedRecord {
        extractor_version: header.extractor.0,
        quality: header.quality,
        position: header.position.code(),
        impression: header.impression.0,
        ..PackedRecord::EMPTY
    };
    let points = points(template, parameters.packed_minutiae_max);
    let hull = Hull::new(&points);
    let grid = Grid::shared(PACKED_SIDES, &parameters.packed);
    let mut ranked: Vec<(f32, usize, Cylinder)> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        if let Some(cylinder) = grid.cylinder(&points, index, &hull) {
            let central = cylinder.judged() as f32 / grid.cells().len() as f32;
            let merit = merit(point, central, cylinder.neighbors, &parameters.selection);
            ranked.push((merit, index, cylinder));
        }
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let lane = |(_, index, cylinder): &(f32, usize, Cylinder)| {
        let point = &points[*index];
        (point.direction.turns_256(), raster(point), bits(&grid, cylinder))
    };
    // The place breaks ties of direction, so that the order of a template's minutiae never shows.
    let mut lanes: Vec<(u8, (u32, u32), [u32; WORDS])> =
        ranked.iter().take(CYLINDERS).map(lane).collect();
    lanes.sort_unstable();
    record.count = lanes.len() as u8;
    for (lane, (theta, _, bits)) in lanes.iter().enumerate() {
        record.thetas[lane] = *theta;
        record.norms[lane] = bits.iter().map(|w| w.count_ones()).sum::<u32>().min(255) as u8;
        for (plane, value) in record.words.iter_mut().zip(bits) {
            plane[lane] = *value;
        }
    }
    record
}

/// How much a cylinder is worth keeping: a sure minutia, amid the print, with neighbors.
fn merit(point: &Point, central: f32, neighbors: usize, selection: &SelectionParameters) -> f32 {
    let neighbors = neighbors.min(selection.neighbors_enough) as f32;
    (selection.reliability_floor + point.reliability)
        * central
        * (neighbors / selection.neighbors_enough as f32)
}

/// Row and column of a minutia in whole pixels at 500 ppi.
const fn raster(point: &Point) -> (u32, u32) {
    (-point.y as u32, point.x as u32)
}

fn bits(grid: &Grid, cylinder: &Cylinder) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    let cells = grid.cells().iter();
    let cells = cells.flat_map(|cell| (0..SECTIONS).map(move |section| (*cell, section)));
    let kept = cells.enumerate().filter(|(index, _)| !DROPPED.contains(index));
    for (bit, (_, (cell, section))) in kept.enumerate() {
        words[bit / 32] |= u32::from(cylinder.is_set(cell, section)) << (bit % 32);
    }
    words
}

const _: () = assert!(SECTIONS * 52 - DROPPED.len() == crate::record::BITS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{finger, moved, template};
    use vocabulary::Template;

    fn packed(template: &Template) -> PackedRecord {
        pack(template, &Parameters::default())
    }

    #[test]
    fn cylinders_are_sorted_by_direction_and_unused_lanes_are_zero() {
        let record = packed(&template(&finger(3, 20), None));
        let count = usize::from(record.count);
        assert!((15..=20).contains(&count), "{count}");
        assert!((1..count).all(|lane| record.thetas[lane - 1] <= record.thetas[lane]));
        for lane in count..CYLINDERS {
            assert_eq!((record.thetas[lane], record.norms[lane]), (0, 0));
            assert!(record.words.iter().all(|plane| plane[lane] == 0));
        }
    }

    #[test]
    fn a_norm_is_the_number_of_bits_set() {
        let record = packed(&template(&finger(4, 60), None));
        assert_eq!(usize::from(record.count), CYLINDERS);
        for lane in 0..CYLINDERS {
            let bits: u32 = record.words.iter().map(|plane| plane[lane].count_ones()).sum();
            assert_eq!(u32::from(record.norms[lane]), bits.min(255));
        }
    }

    #[test]
    fn turning_and_shifting_a_print_keeps_its_cylinders() {
        let sketches = finger(5, 30);
        let still = packed(&template(&sketches, None));
        let turned = packed(&template(&moved(&sketches, 0.7, (31.0, -17.0)), None));
        assert_eq!(still.count, turned.count);
        // Positions are rounded to 1/16 px, so that a few cells at the limit may change.
        for lane in 0..usize::from(still.count) {
            let nearest = (0..usize::from(turned.count))
                .map(|other| still.distance(lane, &turned, other))
                .min();
            assert!(nearest.unwrap() <= 6, "lane {lane}: {nearest:?} bits differ");
        }
    }

    #[test]
    fn unreliable_minutiae_give_way() {
        let mut sketches = finger(6, 60);
        for (index, sketch) in sketches.iter_mut().enumerate() {
            let sure = index < 25;
            sketch.reliability = if sure { 90 } else { 5 };
            // The sure ones point up, the others down.
            sketch.direction = sketch.direction / 2 + if sure { 0 } else { 1 << 15 };
        }
        let record = packed(&template(&sketches, None));
        assert!(record.thetas.iter().filter(|theta| **theta < 128).count() >= 22);
    }

    #[test]
    fn a_print_without_neighbors_has_no_cylinder() {
        assert_eq!(packed(&template(&[], None)).count, 0);
        assert_eq!(packed(&template(&finger(8, 1), None)).count, 0);
    }
}
