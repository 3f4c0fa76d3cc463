//! From a template to bit cylinders.

use crate::cylinder::{Cylinder, Grid, SECTIONS};
use crate::geometry::{Hull, Point, points};
use crate::parameters::Parameters;
use crate::record::{CYLINDERS, PackedRecord};
use vocabulary::Template;

/// Cells on a side of the packed cylinder's base.
const SIDES: usize = 8;
/// Bits of the 260 cells that are not kept: the least informative, as measured.
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
    let grid = Grid::new(SIDES, &parameters.packed);
    let mut lanes: Vec<(u8, u32, [u32; 8])> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let cylinder = grid.fill(&points, index, &hull);
        if cylinder.is_valid(&parameters.packed) && lanes.len() < CYLINDERS {
            let word = minutia_word(point);
            lanes.push(((word >> 22) as u8, word, bits(&cylinder, parameters.packed.mu_psi)));
        }
    }
    lanes.sort_unstable();
    record.count = lanes.len() as u8;
    for (lane, (_, word, bits)) in lanes.iter().enumerate() {
        record.minutiae[lane] = *word;
        record.norms[lane] = bits.iter().map(|w| w.count_ones()).sum::<u32>().min(255) as u8;
        for (plane, value) in record.words.iter_mut().zip(bits) {
            plane[lane] = *value;
        }
    }
    record
}

fn minutia_word(point: &Point) -> u32 {
    let x = (point.x as u32).min(2047);
    let y = (-point.y as u32).min(2047);
    x | (y << 11) | (u32::from(point.direction.turns_256()) << 22)
}

fn bits(cylinder: &Cylinder, mu_psi: f32) -> [u32; 8] {
    let mut words = [0; 8];
    let cells = cylinder.values.iter().zip(&cylinder.valid);
    let set = cells.flat_map(|(values, valid)| values.map(|value| *valid && value >= mu_psi));
    let kept = set.enumerate().filter(|(index, _)| !DROPPED.contains(index));
    for (bit, (_, set)) in kept.enumerate() {
        words[bit / 32] |= u32::from(set) << (bit % 32);
    }
    words
}

const _: () = assert!(SECTIONS * 52 - DROPPED.len() == crate::record::BITS);
