//! Stage 1 with 256-bit vectors. Steps as in the parent module. A tile is compared in two halves of
//! eight lanes: two probe cylinders with four reference cylinders.
#![allow(unsafe_code)]

use super::gate::{Rows, occupied_tiles};
use super::probe::PreparedProbe;
use crate::layout::{GROUPS, LANES, SIMILARITY_BITS, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};
use std::arch::x86_64::*;

/// Whether the processor has every instruction set used here.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
}

/// Lanes of half a tile.
const HALF: usize = LANES / 2;

/// A tile's lanes in memory.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Lanes([u32; LANES]);

/// Loads one half of a tile's lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn load(lanes: &[u32; LANES], half: usize) -> __m256i {
    debug_assert!(half < 2, "a tile has two halves");
    // SAFETY: 32 bytes from one of the two halves of the lanes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().add(half * HALF).cast()) }
}

/// Stores one half of a tile's lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn store(lanes: &mut [u32; LANES], half: usize, vector: __m256i) {
    debug_assert!(half < 2, "a tile has two halves");
    // SAFETY: 32 bytes at one of the two halves of the lanes; the store needs no alignment.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().add(half * HALF).cast(), vector) }
}

/// Loads 32 of the 64 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load_bytes(bytes: &[u8; 64], half: usize) -> __m256i {
    debug_assert!(half < 2, "there are two halves");
    // SAFETY: 32 bytes from one of the two halves; the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().add(half * 32).cast()) }
}

/// The values of four neighboring cylinders in both halves of a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn four(row: &[u32; CYLINDERS], group: usize) -> __m256i {
    debug_assert!(group < GROUPS, "a row has eight groups");
    // SAFETY: 16 bytes from one of the eight groups of the row; the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(row.as_ptr().add(group * TILE).cast()) })
}

/// Scores each reference.
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    for (reference, score) in references.iter().zip(out) {
        *score = score_one(probe, reference);
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn score_one(probe: &PreparedProbe, reference: &PackedRecord) -> u16 {
    // Step 1.
    let rows = Rows::new(reference);
    // Step 2.
    let occupied = probe.group_tiles & occupied_tiles(reference.count);
    let mut tiles = visited_tiles(probe, &rows) & occupied;
    // Steps 3 and 4.
    let gate_span = _mm256_set1_epi32(i32::from(probe.gate_span));
    let mut least = probe.starts.map(Lanes);
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, across) = (tile % GROUPS, tile / GROUPS);
        let distances = tile_distances_doubled(&probe.words[group], reference, across);
        let (turns, lacks) = (four(&rows.turns, across), four(&rows.lacks, across));
        for (half, distance) in distances.into_iter().enumerate() {
            let turn = _mm256_add_epi32(load(&probe.turns[group], half), turns);
            let beyond = _mm256_cmpgt_epi32(_mm256_srli_epi32::<24>(turn), gate_span);
            // A cost of all ones is never the least.
            let cost = _mm256_or_si256(_mm256_add_epi32(lacks, distance), beyond);
            let kept = &mut least[group].0;
            store(kept, half, _mm256_min_epu32(load(kept, half), cost));
        }
    }
    // Steps 5 and 6.
    top_sum(best_similarities(probe, &least), probe.counted)
}

/// Step 2: see [`super::gate::visited_tiles`].
#[inline]
#[target_feature(enable = "avx2")]
fn visited_tiles(probe: &PreparedProbe, rows: &Rows) -> u64 {
    let ends: [(u8, u8); GROUPS] = std::array::from_fn(|group| rows.ends(group));
    let first = _mm256_set1_epi64x(i64::from_le_bytes(ends.map(|ends| ends.0)));
    let last = _mm256_set1_epi64x(i64::from_le_bytes(ends.map(|ends| ends.1)));
    // Eight tiles of each of the first four reference groups.
    let eight_of_each =
        _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let at_most = |a: __m256i, b: __m256i| _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), a);
    let half = |half: usize| {
        let groups = _mm256_add_epi8(eight_of_each, _mm256_set1_epi8(4 * half as i8));
        let (first, last) = (_mm256_shuffle_epi8(first, groups), _mm256_shuffle_epi8(last, groups));
        let start = load_bytes(&probe.window_start, half);
        let span = load_bytes(&probe.window_span, half);
        let begins_within = at_most(_mm256_sub_epi8(first, start), span);
        let holds_start = at_most(_mm256_sub_epi8(start, first), _mm256_sub_epi8(last, first));
        _mm256_movemask_epi8(_mm256_or_si256(begins_within, holds_start)) as u32
    };
    u64::from(half(0)) | u64::from(half(1)) << 32
}

/// Step 3 of one tile, by half: twice the distances.
#[inline]
#[target_feature(enable = "avx2")]
fn tile_distances_doubled(
    probe: &[[u32; LANES]; WORDS],
    reference: &PackedRecord,
    across: usize,
) -> [__m256i; 2] {
    // At most 8 per byte and word: eight words fit a byte.
    let mut bits = [_mm256_setzero_si256(); 2];
    for (word, probe) in probe.iter().enumerate() {
        let reference = four(&reference.words[word], across);
        for (half, bits) in bits.iter_mut().enumerate() {
            let differing = _mm256_xor_si256(load(probe, half), reference);
            *bits = _mm256_add_epi8(*bits, bits_of_bytes(differing));
        }
    }
    bits.map(|bits| {
        let pairs = _mm256_maddubs_epi16(bits, _mm256_set1_epi8(1));
        _mm256_madd_epi16(pairs, _mm256_set1_epi16(2))
    })
}

/// Bits set in each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn bits_of_bytes(bytes: __m256i) -> __m256i {
    let table =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    let nibble = _mm256_set1_epi8(0x0F);
    let low = _mm256_and_si256(bytes, nibble);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
    _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high))
}

/// Step 5: similarities of the probe's cylinders, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx2")]
fn best_similarities(probe: &PreparedProbe, least: &[Lanes; GROUPS]) -> [__m256i; 2] {
    [0, 1].map(|half| {
        let similarity = |group: usize| {
            _mm256_sub_epi32(load(&probe.starts[group], half), load(&least[group].0, half))
        };
        let low = largest_of_lanes([0, 1, 2, 3].map(similarity));
        let high = largest_of_lanes([4, 5, 6, 7].map(similarity));
        _mm256_packus_epi32(low, high)
    })
}

/// Of one half of four groups, the largest similarity of each probe cylinder, in any order.
#[inline]
#[target_feature(enable = "avx2")]
fn largest_of_lanes([a, b, c, d]: [__m256i; 4]) -> __m256i {
    // In each half: a0 b0 a1 b1 and a2 b2 a3 b3, and so on.
    let ab = _mm256_max_epu32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let cd = _mm256_max_epu32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    _mm256_max_epu32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd))
}

/// Step 6.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn top_sum(similarities: [__m256i; 2], counted: u8) -> u16 {
    let wanted = u32::from(counted);
    let mut least_of_top = 0u16;
    for bit in (0..SIMILARITY_BITS).rev() {
        let tried = least_of_top | 1 << bit;
        // Similarities and what is tried are far below 32768: a signed comparison will do.
        let below_tried = _mm256_set1_epi16(tried as i16 - 1);
        let [low, high] = similarities.map(|s| _mm256_cmpgt_epi16(s, below_tried));
        let reached = _mm256_movemask_epi8(_mm256_packs_epi16(low, high)).count_ones();
        least_of_top = if reached >= wanted { tried } else { least_of_top };
    }
    // What exceeds the least of the top, summed: the lanes below or at it give zero.
    let floor = _mm256_set1_epi16(least_of_top as i16);
    let [low, high] = similarities.map(|s| _mm256_subs_epu16(s, floor));
    let sums = _mm256_madd_epi16(_mm256_add_epi16(low, high), _mm256_set1_epi16(1));
    let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let sums = _mm_add_epi32(sums, _mm_shuffle_epi32::<0b00_00_11_10>(sums));
    let sum = _mm_cvtsi128_si32(sums) + _mm_extract_epi32::<1>(sums);
    sum as u16 + u16::from(counted) * least_of_top
}
