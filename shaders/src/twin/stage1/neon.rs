//! Stage 1 with the 128-bit vectors of ARM. Steps as in the parent module; a vector is one probe
//! cylinder with four reference cylinders, so a tile is four vectors that share the reference.
#![allow(unsafe_code)]

use super::gate::{Rows, visited_tiles};
use super::prefetch::{AHEAD, prefetch};
use super::probe::PreparedProbe;
use super::top;
use crate::layout::{GROUPS, LANES, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};
use std::arch::aarch64::*;

/// Whether the processor has every instruction set used here.
pub(super) fn is_available() -> bool {
    std::arch::is_aarch64_feature_detected!("neon")
}

/// Loads four lanes.
#[inline]
#[target_feature(enable = "neon")]
fn load(lanes: &[u32; TILE]) -> uint32x4_t {
    // SAFETY: the reference covers the 16 bytes read.
    unsafe { vld1q_u32(lanes.as_ptr()) }
}

/// Stores four lanes.
#[inline]
#[target_feature(enable = "neon")]
fn store(lanes: &mut [u32; TILE], vector: uint32x4_t) {
    // SAFETY: the reference covers the 16 bytes written.
    unsafe { vst1q_u32(lanes.as_mut_ptr(), vector) }
}

/// The values of four neighboring cylinders.
#[inline]
#[target_feature(enable = "neon")]
fn four(row: &[u32; CYLINDERS], group: usize) -> uint32x4_t {
    load(&row.as_chunks().0[group])
}

/// The lanes of one of the four probe cylinders of a tile.
#[inline(always)]
fn of_cylinder(lanes: &[u32; LANES], place: usize) -> &[u32; TILE] {
    &lanes.as_chunks().0[place]
}

/// Scores each reference.
#[target_feature(enable = "neon")]
pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    let chunks = references.chunks(top::ROWS).zip(out.chunks_mut(top::ROWS));
    for (chunk, (chunk_references, scores)) in chunks.enumerate() {
        let mut rows = [[0; CYLINDERS]; top::ROWS];
        for (index, (row, reference)) in rows.iter_mut().zip(chunk_references).enumerate() {
            prefetch(references.get(chunk * top::ROWS + index + AHEAD));
            *row = similarities(probe, reference);
        }
        // Step 6.
        let sums = if probe.counted == top::NETWORK_COUNTS {
            top::sums_of_eight(transposed(&rows))
        } else {
            rows.map(|row| top::sum_of(&row, probe.counted))
        };
        scores.copy_from_slice(&sums[..scores.len()]);
    }
}

/// In each quarter, lane `r` of row `c` becomes lane `c` of row `r`: three times the perfect
/// shuffle of 64 lanes exchanges the halves of their 6-bit numbers.
#[inline]
#[target_feature(enable = "neon")]
fn transposed(rows: &[[u16; CYLINDERS]; top::ROWS]) -> [[u16; CYLINDERS]; top::ROWS] {
    let shuffle = |[a, b, c, d, e, f, g, h]: [uint16x8_t; top::ROWS]| {
        let zip = |a, b| [vzip1q_u16(a, b), vzip2q_u16(a, b)];
        let [[a, b], [c, d], [e, f], [g, h]] = [zip(a, e), zip(b, f), zip(c, g), zip(d, h)];
        [a, b, c, d, e, f, g, h]
    };
    let mut columns = [[0; CYLINDERS]; top::ROWS];
    for quarter in 0..CYLINDERS / top::ROWS {
        let part = |row: &[u16; CYLINDERS]| {
            let lanes: &[u16; top::ROWS] = &row.as_chunks().0[quarter];
            // SAFETY: the reference covers the 16 bytes read.
            unsafe { vld1q_u16(lanes.as_ptr()) }
        };
        let quarters = shuffle(shuffle(shuffle(rows.each_ref().map(part))));
        for (column, lanes) in columns.iter_mut().zip(quarters) {
            let column: &mut [u16; top::ROWS] = &mut column.as_chunks_mut().0[quarter];
            // SAFETY: the reference covers the 16 bytes written.
            unsafe { vst1q_u16(column.as_mut_ptr(), lanes) };
        }
    }
    columns
}

/// Steps 1 to 5: the best similarity of each probe cylinder, 0 in lanes without.
#[inline]
#[target_feature(enable = "neon")]
fn similarities(probe: &PreparedProbe, reference: &PackedRecord) -> [u16; CYLINDERS] {
    // Step 1.
    let rows = Rows::new(reference);
    let planes = rows.planes(reference);
    let gate_span = vdupq_n_u32(u32::from(probe.gate_span) << 24);
    let mut least = probe.starts;
    // Step 2.
    let mut tiles = visited_tiles(probe, &rows, reference.count);
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, across) = (tile % GROUPS, tile / GROUPS);
        let (keys, planes) = (four(&rows.keys, across), planes.map(|plane| four(plane, across)));
        for place in 0..TILE {
            // Steps 3 and 4.
            let key = vaddq_u32(load(of_cylinder(&probe.turns[group], place)), keys);
            let gated = vqsubq_u8(vreinterpretq_u8_u32(key), vreinterpretq_u8_u32(gate_span));
            let distances = distances_doubled(&probe.planes[group], place, &planes);
            let cost = vaddq_u32(vreinterpretq_u32_u8(gated), distances);
            let kept = &mut least[group].as_chunks_mut().0[place];
            store(kept, vminq_u32(load(kept), cost));
        }
    }
    // Step 5.
    std::array::from_fn(|cylinder| {
        let (group, place) = (cylinder / TILE, cylinder % TILE);
        let start = probe.starts[group][place * TILE];
        (start - vminvq_u32(load(of_cylinder(&least[group], place)))) as u16
    })
}

/// Step 3 of a quarter of a tile: twice the distances.
#[inline]
#[target_feature(enable = "neon")]
fn distances_doubled(
    probe: &[[u32; LANES]; WORDS],
    place: usize,
    reference: &[uint32x4_t; WORDS],
) -> uint32x4_t {
    let differ =
        |plane: usize| veorq_u32(load(of_cylinder(&probe[plane], place)), reference[plane]);
    // The carry of a full adder from two of its inputs and its sum: where the sum differs from
    // one input, the other two differ, and so the one decides; else they are the carry.
    let carry = |a, b, sum| vbslq_u32(veorq_u32(a, sum), a, b);
    let (sum_1, sum_2, ones) = (differ(2), differ(5), differ(6));
    let carry_1 = carry(differ(0), differ(1), sum_1);
    let carry_2 = carry(differ(3), differ(4), sum_2);
    let carry_3 = carry(sum_1, sum_2, ones);
    let twos = veorq_u32(veorq_u32(carry_1, carry_2), carry_3);
    let fours = carry(carry_1, carry_2, twos);
    let bits = |vector| vcntq_u8(vreinterpretq_u8_u32(vector));
    let doubled = |bytes| vshlq_n_u8::<1>(bytes);
    // At most 128 a byte.
    let bytes = vaddq_u8(bits(twos), doubled(bits(fours)));
    let bytes = vaddq_u8(vaddq_u8(bits(ones), bits(differ(7))), doubled(bytes));
    vpaddlq_u16(vpaddlq_u8(doubled(bytes)))
}
