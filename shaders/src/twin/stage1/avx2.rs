//! Stage 1 with 256-bit vectors. Steps as in the parent module. A tile is compared in two halves of
//! eight lanes: two probe cylinders with four reference cylinders.
#![allow(unsafe_code)]

use super::gate::{occupied_tiles, reference_meta};
use super::probe::{NO_LOSS_YET, PreparedProbe};
use crate::layout::{GROUPS, LANES, LOSS_BITS, TILE};
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

/// What stays the same for all references.
struct Tables {
    /// Weights of the classes 0..16 and 16..32, in both halves.
    weights: [__m256i; 2],
    gate_span: __m256i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(probe: &PreparedProbe) -> Self {
        let sixteen = |start: usize| {
            let bytes: [u8; 16] = std::array::from_fn(|i| probe.weights[start + i] as u8);
            // SAFETY: the array is 16 bytes; the load needs no alignment.
            _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
        };
        Self {
            weights: [sixteen(0), sixteen(16)],
            gate_span: _mm256_set1_epi32(i32::from(probe.gate_span)),
        }
    }
}

/// Scores each reference.
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    let tables = Tables::new(probe);
    for (reference, score) in references.iter().zip(out) {
        let counted = probe.counted[usize::from(reference.count).min(CYLINDERS)];
        *score = if counted == 0 { 0 } else { score_one(probe, &tables, reference, counted) };
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn score_one(probe: &PreparedProbe, tables: &Tables, reference: &PackedRecord, counted: u8) -> u16 {
    let count = usize::from(reference.count);
    // Step 1.
    let meta = reference_meta(reference);
    // Step 2.
    let occupied = probe.group_tiles & occupied_tiles(reference.count);
    let mut tiles = visited_tiles(probe, &meta) & occupied;
    // Steps 3 and 4.
    let mut least = [Lanes([NO_LOSS_YET; LANES]); GROUPS];
    let outside: [u32; CYLINDERS] = std::array::from_fn(|c| if c < count { 0 } else { u32::MAX });
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, across) = (tile / GROUPS, tile % GROUPS);
        let distances = tile_distances(&probe.words[group], reference, across);
        for (half, distance) in distances.into_iter().enumerate() {
            let sum = _mm256_add_epi32(load(&probe.meta[group], half), four(&meta, across));
            let loss = _mm256_madd_epi16(distance, tables.weights_of(sum));
            let turn = _mm256_srli_epi32::<24>(sum);
            let beyond = _mm256_cmpgt_epi32(turn, tables.gate_span);
            let excluded = _mm256_or_si256(beyond, four(&outside, across));
            let loss = _mm256_or_si256(loss, excluded);
            let kept = &mut least[group].0;
            store(kept, half, _mm256_min_epu32(load(kept, half), loss));
        }
    }
    // Steps 5 and 6.
    top_mean(best_similarities(probe, &mut least), counted)
}

/// Step 2: see [`super::gate::visited_tiles`].
#[inline]
#[target_feature(enable = "avx2")]
fn visited_tiles(probe: &PreparedProbe, meta: &[u32; CYLINDERS]) -> u64 {
    let top = |cylinder: usize| (meta[cylinder] >> 24) as u64;
    let firsts = (0..GROUPS).fold(0, |all, group| all | top(group * TILE) << (8 * group));
    let lasts = (0..GROUPS).fold(0, |all, group| all | top(group * TILE + TILE - 1) << (8 * group));
    let (first, last) = (_mm256_set1_epi64x(firsts as i64), _mm256_set1_epi64x(lasts as i64));
    let at_most = |a: __m256i, b: __m256i| _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), a);
    let half = |half: usize| {
        let start = load_bytes(&probe.window_start, half);
        let span = load_bytes(&probe.window_span, half);
        let begins_within = at_most(_mm256_sub_epi8(first, start), span);
        let holds_start = at_most(_mm256_sub_epi8(start, first), _mm256_sub_epi8(last, first));
        _mm256_movemask_epi8(_mm256_or_si256(begins_within, holds_start)) as u32
    };
    u64::from(half(0)) | u64::from(half(1)) << 32
}

/// Step 3 of one tile, by half.
#[inline]
#[target_feature(enable = "avx2")]
fn tile_distances(
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
        _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
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

impl Tables {
    /// The weight of each lane, from the sums of step 1.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn weights_of(&self, sum: __m256i) -> __m256i {
        let class = _mm256_and_si256(_mm256_srli_epi32::<4>(sum), _mm256_set1_epi32(0x1F));
        // A shuffle gives zero where the top bit of its index byte is set. The additions set it in
        // the three upper bytes, and in the low byte for the classes of the other table.
        let low = _mm256_add_epi8(class, _mm256_set1_epi32(0x8080_8070u32 as i32));
        let high = _mm256_add_epi8(class, _mm256_set1_epi32(0x8080_80F0u32 as i32));
        _mm256_or_si256(
            _mm256_shuffle_epi8(self.weights[0], low),
            _mm256_shuffle_epi8(self.weights[1], high),
        )
    }
}

/// Step 5: similarities of the probe's cylinders, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx2")]
fn best_similarities(probe: &PreparedProbe, least: &mut [Lanes; GROUPS]) -> __m256i {
    for half in 0..2 {
        let last = &mut least[probe.last_group].0;
        let floor = load(&probe.last_group_floor, half);
        store(last, half, _mm256_max_epu32(load(last, half), floor));
    }
    let halves = [0, 1].map(|half| {
        let low = least_of_lanes(&least[..4], half);
        let high = least_of_lanes(&least[4..], half);
        let loss = _mm256_srli_epi16::<{ LOSS_BITS as i32 }>(_mm256_packus_epi32(low, high));
        _mm256_subs_epu16(_mm256_set1_epi16(255), loss)
    });
    _mm256_packus_epi16(halves[0], halves[1])
}

/// Of one half of four groups, the least loss of each probe cylinder, in any order.
#[inline]
#[target_feature(enable = "avx2")]
fn least_of_lanes(groups: &[Lanes], half: usize) -> __m256i {
    let [a, b, c, d] = [0, 1, 2, 3].map(|group| load(&groups[group].0, half));
    // In each half: a0 b0 a1 b1 and a2 b2 a3 b3, and so on.
    let ab = _mm256_min_epu32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let cd = _mm256_min_epu32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    _mm256_min_epu32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd))
}

/// Step 6.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn top_mean(similarities: __m256i, counted: u8) -> u16 {
    let wanted = u32::from(counted).min(CYLINDERS as u32);
    let reached = |least: u8| {
        let least = _mm256_set1_epi8(least as i8);
        let larger = _mm256_max_epu8(similarities, least);
        _mm256_cmpeq_epi8(larger, similarities)
    };
    let mut least_of_top = 0u8;
    for bit in (0..8).rev() {
        let tried = least_of_top | 1 << bit;
        let count = _mm256_movemask_epi8(reached(tried)).count_ones();
        least_of_top = if count >= wanted { tried } else { least_of_top };
    }
    // What exceeds the least of the top, summed: the lanes below or at it give zero.
    let floor = _mm256_set1_epi8(least_of_top as i8);
    let excess = _mm256_subs_epu8(similarities, floor);
    let sums = _mm256_sad_epu8(excess, _mm256_setzero_si256());
    let sums = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let sum = (_mm_cvtsi128_si64(sums) + _mm_extract_epi64::<1>(sums)) as u32;
    let sum = sum + wanted * u32::from(least_of_top);
    (sum * 16 / u32::from(counted)) as u16
}
