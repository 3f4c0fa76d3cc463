//! Stage 1 in plain Rust. Steps as in the parent module.

use super::gate::{reference_meta, visited_tiles};
use super::probe::{NO_LOSS_YET, PreparedProbe};
use crate::layout::{GROUPS, LANES, LOSS_BITS, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};

pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    for (reference, score) in references.iter().zip(out) {
        *score = score_one(probe, reference);
    }
}

fn score_one(probe: &PreparedProbe, reference: &PackedRecord) -> u16 {
    let counted = probe.counted[usize::from(reference.count).min(CYLINDERS)];
    if counted == 0 {
        return 0;
    }
    // Step 1.
    let meta = reference_meta(reference);
    // Step 2.
    let mut tiles = visited_tiles(probe, &meta, reference.count);
    let mut least = [[NO_LOSS_YET; LANES]; GROUPS];
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (probe_group, first) = (tile / GROUPS, tile % GROUPS * TILE);
        // Steps 3 and 4.
        let distance = tile_distance(&probe.words[probe_group], reference, first);
        let lanes = TILE.min(usize::from(reference.count) - first);
        for (lane, distance) in distance.iter().enumerate() {
            if lane % TILE < lanes {
                let sum = probe.meta[probe_group][lane].wrapping_add(meta[first + lane % TILE]);
                let loss = *distance * u32::from(probe.weights[(sum >> 4) as usize % 32]);
                let kept = &mut least[probe_group][lane];
                let gated = (sum >> 24) as u8 <= probe.gate_span;
                *kept = if gated { loss.min(*kept) } else { *kept };
            }
        }
    }
    // Step 5.
    for (loss, floor) in least[probe.last_group].iter_mut().zip(probe.last_group_floor) {
        *loss = floor.max(*loss);
    }
    let mut similarities = [0; CYLINDERS];
    for (cylinder, similarity) in similarities.iter_mut().enumerate() {
        let lanes = &least[cylinder / TILE][cylinder % TILE * TILE..][..TILE];
        let loss = lanes.iter().min().map_or(u32::MAX, |loss| loss >> LOSS_BITS);
        *similarity = 255u8.saturating_sub(loss.min(255) as u8);
    }
    top_mean(&similarities, counted)
}

/// Bits in which the pairs of a tile differ, by lane.
fn tile_distance(
    probe: &[[u32; LANES]; WORDS],
    reference: &PackedRecord,
    first: usize,
) -> [u32; LANES] {
    let mut distance = [0; LANES];
    for (probe, reference) in probe.iter().zip(&reference.words) {
        for lane in 0..LANES {
            distance[lane] += (probe[lane] ^ reference[first + lane % TILE]).count_ones();
        }
    }
    distance
}

/// Step 6: 16 times the mean of the `counted` largest, rounded down.
fn top_mean(similarities: &[u8; CYLINDERS], counted: u8) -> u16 {
    let wanted = usize::from(counted).min(CYLINDERS);
    let mut least_of_top = 0u8;
    for bit in (0..8).rev() {
        let tried = least_of_top | 1 << bit;
        if similarities.iter().filter(|s| **s >= tried).count() >= wanted {
            least_of_top = tried;
        }
    }
    let (mut sum, mut above) = (0u32, 0u32);
    for similarity in similarities.iter().filter(|s| **s > least_of_top) {
        sum += u32::from(*similarity);
        above += 1;
    }
    sum += (wanted as u32 - above) * u32::from(least_of_top);
    (sum * 16 / u32::from(counted)) as u16
}
