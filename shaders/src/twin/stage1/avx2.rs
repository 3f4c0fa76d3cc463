//! Stage 1 with 256-bit vectors. Steps as in the parent module, with half tiles of eight lanes for
//! tiles: two probe cylinders with four reference cylinders.
#![allow(unsafe_code)]

use super::gate::Rows;
use super::prefetch::{AHEAD, prefetch};
use super::probe::PreparedProbe;
use super::top;
use crate::layout::{GROUPS, HALF_LANES, LANES, PAIRS, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};
use std::arch::x86_64::*;

/// Whether the processor has every instruction set used here.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
}

/// A half tile's lanes in memory.
type Lanes = [u32; HALF_LANES];

/// Loads eight lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn load(lanes: &Lanes) -> __m256i {
    // SAFETY: the reference covers the 32 bytes read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

/// Stores eight lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn store(lanes: &mut Lanes, vector: __m256i) {
    // SAFETY: the reference covers the 32 bytes written; the store needs no alignment.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), vector) }
}

/// Loads 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load_bytes(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// The half of a tile's lanes that a probe pair has.
#[inline(always)]
fn of_pair(lanes: &[[u32; LANES]; GROUPS], pair: usize) -> &Lanes {
    &lanes[pair / 2].as_chunks().0[pair % 2]
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
    let chunks = references.chunks(top::ROWS).zip(out.chunks_mut(top::ROWS));
    for (chunk, (chunk_references, scores)) in chunks.enumerate() {
        let mut rows = [[_mm256_setzero_si256(); 2]; top::ROWS];
        for (index, (row, reference)) in rows.iter_mut().zip(chunk_references).enumerate() {
            prefetch(references.get(chunk * top::ROWS + index + AHEAD));
            *row = similarities(probe, reference);
        }
        // Step 6.
        let sums = if probe.counted == top::NETWORK_COUNTS {
            let halves = [0, 1].map(|half| transposed(rows.map(|row| row[half])));
            top::sums_of_eight(std::array::from_fn(|column| {
                as_array([halves[0][column], halves[1][column]])
            }))
        } else {
            rows.map(|row| top::sum_of(&as_array(row), probe.counted))
        };
        scores.copy_from_slice(&sums[..scores.len()]);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn as_array(row: [__m256i; 2]) -> [u16; CYLINDERS] {
    let mut array = [0; CYLINDERS];
    // SAFETY: the array covers the 64 bytes written; the stores need no alignment.
    unsafe {
        _mm256_storeu_si256(array.as_mut_ptr().cast(), row[0]);
        _mm256_storeu_si256(array.as_mut_ptr().add(CYLINDERS / 2).cast(), row[1]);
    }
    array
}

/// In each half, lane `r` of row `c` becomes lane `c` of row `r`: three times the perfect shuffle
/// of 64 lanes exchanges the halves of their 6-bit numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed(rows: [__m256i; top::ROWS]) -> [__m256i; top::ROWS] {
    let shuffle = |[a, b, c, d, e, f, g, h]: [__m256i; top::ROWS]| {
        let (low, high) = (_mm256_unpacklo_epi16, _mm256_unpackhi_epi16);
        [low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h)]
    };
    shuffle(shuffle(shuffle(rows)))
}

/// Steps 1 to 5: the best similarity of each probe cylinder, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn similarities(probe: &PreparedProbe, reference: &PackedRecord) -> [__m256i; 2] {
    // Step 1.
    let rows = Rows::new(reference);
    let planes = rows.planes(reference);
    let mut least = probe.starts;
    // Step 2.
    for (quarter, mut tiles) in visited_tiles(probe, &rows, reference.count).into_iter().enumerate()
    {
        // Steps 3 and 4.
        while tiles != 0 {
            let tile = tiles.trailing_zeros() as usize;
            tiles &= tiles - 1;
            let (pair, across) = (tile % PAIRS, quarter * 4 + tile / PAIRS);
            let key = _mm256_add_epi32(load(of_pair(&probe.turns, pair)), four(&rows.keys, across));
            let gate_span = _mm256_set1_epi32((u32::from(probe.gate_span) << 24) as i32);
            let costs = _mm256_subs_epu8(key, gate_span);
            let distances = distances_doubled(&probe.planes[pair / 2], pair % 2, &planes, across);
            let costs = _mm256_add_epi32(costs, distances);
            let kept = &mut least[pair / 2].as_chunks_mut().0[pair % 2];
            store(kept, _mm256_min_epu32(load(kept), costs));
        }
    }
    // Step 5.
    best_similarities(probe, &least)
}

/// Step 2 for half tiles, those of four reference groups in each mask; see
/// [`super::gate::visited_tiles`].
#[inline]
#[target_feature(enable = "avx2")]
fn visited_tiles(probe: &PreparedProbe, rows: &Rows, reference_count: u8) -> [u64; 2] {
    let ends: [(u8, u8); GROUPS] = std::array::from_fn(|group| rows.ends(group));
    let first = _mm256_set1_epi64x(i64::from_le_bytes(ends.map(|ends| ends.0)));
    let last = _mm256_set1_epi64x(i64::from_le_bytes(ends.map(|ends| ends.1)));
    let sixteen_of_each = _mm256_setr_epi64x(0, 0, 0x0101_0101_0101_0101, 0x0101_0101_0101_0101);
    let at_most = |a: __m256i, b: __m256i| _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), a);
    let two_groups = |quarter: usize| {
        let groups = _mm256_add_epi8(sixteen_of_each, _mm256_set1_epi8(2 * quarter as i8));
        let (first, last) = (_mm256_shuffle_epi8(first, groups), _mm256_shuffle_epi8(last, groups));
        let start = load_bytes(&probe.half_windows.start.as_chunks().0[quarter]);
        let span = load_bytes(&probe.half_windows.span.as_chunks().0[quarter]);
        let begins_within = at_most(_mm256_sub_epi8(first, start), span);
        let holds_start = at_most(_mm256_sub_epi8(start, first), _mm256_sub_epi8(last, first));
        _mm256_movemask_epi8(_mm256_or_si256(begins_within, holds_start)) as u32
    };
    let groups = usize::from(reference_count).div_ceil(TILE);
    let pairs = u64::from(probe.pairs) * 0x0001_0001_0001_0001;
    [0, 1].map(|half| {
        let tiles = u64::from(two_groups(2 * half)) | u64::from(two_groups(2 * half + 1)) << 32;
        let groups = groups.saturating_sub(4 * half).min(4);
        tiles & pairs & ((1u128 << (groups * PAIRS)) - 1) as u64
    })
}

/// Step 3 of one half tile: twice the distances.
#[inline]
#[target_feature(enable = "avx2")]
fn distances_doubled(
    probe: &[[u32; LANES]; WORDS],
    half: usize,
    reference: &[&[u32; CYLINDERS]; WORDS],
    across: usize,
) -> __m256i {
    let differ = |plane: usize| {
        let probe = load(&probe[plane].as_chunks().0[half]);
        _mm256_xor_si256(probe, four(reference[plane], across))
    };
    // The carry of a full adder from two of its inputs and its sum.
    let carry = |a, b, sum| {
        _mm256_or_si256(_mm256_and_si256(a, b), _mm256_andnot_si256(sum, _mm256_or_si256(a, b)))
    };
    let (sum_1, sum_2, ones) = (differ(2), differ(5), differ(6));
    let carry_1 = carry(differ(0), differ(1), sum_1);
    let carry_2 = carry(differ(3), differ(4), sum_2);
    let carry_3 = carry(sum_1, sum_2, ones);
    let twos = _mm256_xor_si256(_mm256_xor_si256(carry_1, carry_2), carry_3);
    let fours = carry(carry_1, carry_2, twos);
    // At most 128 a byte.
    let bytes = _mm256_add_epi8(
        _mm256_add_epi8(bits_of_bytes::<2>(ones), bits_of_bytes::<2>(differ(7))),
        _mm256_add_epi8(bits_of_bytes::<4>(twos), bits_of_bytes::<8>(fours)),
    );
    let halves = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
    _mm256_madd_epi16(halves, _mm256_set1_epi16(1))
}

/// Bits set in each byte, times a weight.
#[inline]
#[target_feature(enable = "avx2")]
fn bits_of_bytes<const WEIGHT: i8>(bytes: __m256i) -> __m256i {
    let bits = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    let mut table = _mm_setzero_si128();
    for _ in 0..WEIGHT {
        table = _mm_add_epi8(table, bits);
    }
    let table = _mm256_broadcastsi128_si256(table);
    let nibble = _mm256_set1_epi8(0x0F);
    let low = _mm256_and_si256(bytes, nibble);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
    _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high))
}

/// Step 5: similarities of the probe's cylinders, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx2")]
fn best_similarities(probe: &PreparedProbe, least: &[[u32; LANES]; GROUPS]) -> [__m256i; 2] {
    let similarity = |pair: usize| {
        _mm256_sub_epi32(load(of_pair(&probe.starts, pair)), load(of_pair(least, pair)))
    };
    [0, 8].map(|first| {
        let low = largest_of_lanes([0, 1, 2, 3].map(|pair| similarity(first + pair)));
        let high = largest_of_lanes([4, 5, 6, 7].map(|pair| similarity(first + pair)));
        _mm256_packus_epi32(low, high)
    })
}

/// Of four half tiles, the largest similarity of each probe cylinder, in any order.
#[inline]
#[target_feature(enable = "avx2")]
fn largest_of_lanes([a, b, c, d]: [__m256i; 4]) -> __m256i {
    // In each half: a0 b0 a1 b1 and a2 b2 a3 b3, and so on.
    let ab = _mm256_max_epu32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let cd = _mm256_max_epu32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    _mm256_max_epu32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd))
}
