//! Stage 1 with 512-bit vectors. Steps as in the parent module.
#![allow(unsafe_code)]

use super::gate::occupied_tiles;
use super::probe::{NO_LOSS_YET, PreparedProbe};
use crate::layout::{GROUPS, LANES, LOSS_BITS, THETA_TO_TOP_BITS, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};
use std::arch::x86_64::*;

/// Whether the processor has every instruction set used here.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vpopcntdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
}

/// One vector of 16 lanes in memory.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Lanes([u32; LANES]);

/// Step 1 of a reference in memory.
#[repr(C, align(64))]
struct Meta([u32; CYLINDERS]);

/// Loads 16 lanes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load(lanes: &[u32; LANES]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes read; the load needs no alignment.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

/// Loads 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_bytes(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes read; the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Stores 16 lanes.
#[inline]
#[target_feature(enable = "avx512f")]
fn store(lanes: &mut Lanes, vector: __m512i) {
    // SAFETY: `Lanes` is 64 bytes, aligned to 64.
    unsafe { _mm512_store_si512(lanes.0.as_mut_ptr().cast(), vector) }
}

/// The values of four neighboring cylinders in each quarter of a vector.
#[inline]
#[target_feature(enable = "avx512f")]
fn four(row: &[u32; CYLINDERS], group: usize) -> __m512i {
    debug_assert!(group < GROUPS, "a row has eight groups");
    // SAFETY: 16 bytes from one of the eight groups of the row; the load needs no alignment.
    let quarter = unsafe { _mm_loadu_si128(row.as_ptr().add(group * TILE).cast()) };
    _mm512_broadcast_i32x4(quarter)
}

/// What stays in registers for all references.
struct Tables {
    weights: __m512i,
    window_start: __m512i,
    window_span: __m512i,
    gate_end: __m512i,
    /// Lanes of the first cylinder of each group, then of the last.
    corners: __m512i,
    /// By tile, the byte of the direction of its reference group's first cylinder.
    top_bytes: __m512i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(probe: &PreparedProbe) -> Self {
        // SAFETY: the reference covers the 64 bytes read; the load needs no alignment.
        let weights = unsafe { _mm512_loadu_si512(probe.weights.as_ptr().cast()) };
        let last = TILE - 1;
        let corner =
            |lane: usize| (lane % GROUPS * TILE + if lane < GROUPS { 0 } else { last }) as u32;
        let top_byte = |tile: usize| (tile % GROUPS * 4 + 3) as u8;
        Self {
            weights,
            window_start: load_bytes(&probe.window_start),
            window_span: load_bytes(&probe.window_span),
            gate_end: _mm512_set1_epi32((u32::from(probe.gate_span) << 24 | 0x00FF_FFFF) as i32),
            corners: load(&std::array::from_fn(corner)),
            top_bytes: load_bytes(&std::array::from_fn(top_byte)),
        }
    }
}

/// Scores each reference.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vpopcntdq,bmi1,popcnt")]
pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    let tables = Tables::new(probe);
    for (reference, score) in references.iter().zip(out) {
        let counted = probe.counted[usize::from(reference.count).min(CYLINDERS)];
        *score = if counted == 0 { 0 } else { score_one(probe, &tables, reference, counted) };
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vpopcntdq,bmi1,popcnt")]
fn score_one(probe: &PreparedProbe, tables: &Tables, reference: &PackedRecord, counted: u8) -> u16 {
    let count = u32::from(reference.count);
    // Step 1.
    let (low, high) = reference_meta(reference);
    let mut meta = Meta([0; CYLINDERS]);
    // SAFETY: `meta` is 128 bytes, aligned to 64.
    unsafe {
        _mm512_store_si512(meta.0.as_mut_ptr().cast(), low);
        _mm512_store_si512(meta.0.as_mut_ptr().add(LANES).cast(), high);
    }
    // Step 2.
    let tiles =
        visited_tiles(tables, low, high) & probe.group_tiles & occupied_tiles(reference.count);
    let partial = if count % TILE as u32 == 0 { 0 } else { 0x0101_0101_0101_0101 << (count / 4) };
    // Steps 3 and 4.
    let mut least = [Lanes([NO_LOSS_YET; LANES]); GROUPS];
    let work = Work { probe, tables, reference, meta: &meta };
    work.visit(tiles & !partial, 0xFFFF, &mut least);
    work.visit(tiles & partial, 0x1111 * ((1 << (count % TILE as u32)) - 1), &mut least);
    // Step 5.
    let similarities = best_similarities(probe, &mut least);
    // Step 6.
    top_mean(similarities, counted)
}

/// Step 1: see [`super::gate::reference_meta`].
#[inline]
#[target_feature(enable = "avx512f")]
fn reference_meta(reference: &PackedRecord) -> (__m512i, __m512i) {
    let valid = ((1u64 << reference.count.min(32)) - 1) as u32;
    let (minutiae, norms) = (&reference.minutiae, &reference.norms);
    let half = |half: usize| {
        // SAFETY: `half` is 0 or 1; the arrays hold 2 x 16 words and 2 x 16 bytes; the loads need
        // no alignment.
        let (minutiae, norms) = unsafe {
            let minutiae = _mm512_loadu_si512(minutiae.as_ptr().add(half * LANES).cast());
            (minutiae, _mm_loadu_si128(norms.as_ptr().add(half * LANES).cast()))
        };
        let turned = _mm512_slli_epi32::<THETA_TO_TOP_BITS>(minutiae);
        let top = _mm512_set1_epi32(0xFF00_0000u32 as i32);
        // (turned & top) | norms
        let meta = _mm512_ternarylogic_epi32::<0xEA>(turned, top, _mm512_cvtepu8_epi32(norms));
        _mm512_mask_mov_epi32(top, (valid >> (half * LANES)) as u16, meta)
    };
    (half(0), half(1))
}

/// Step 2: see [`super::gate::visited_tiles`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn visited_tiles(tables: &Tables, low: __m512i, high: __m512i) -> u64 {
    let corners = _mm512_permutex2var_epi32(low, tables.corners, high);
    let first = _mm512_permutexvar_epi8(tables.top_bytes, corners);
    let last =
        _mm512_permutexvar_epi8(_mm512_add_epi8(tables.top_bytes, _mm512_set1_epi8(32)), corners);
    let after = _mm512_sub_epi8(first, tables.window_start);
    let before = _mm512_sub_epi8(tables.window_start, first);
    _mm512_cmple_epu8_mask(after, tables.window_span)
        | _mm512_cmple_epu8_mask(before, _mm512_sub_epi8(last, first))
}

/// What a visit of a tile reads.
struct Work<'a> {
    probe: &'a PreparedProbe,
    tables: &'a Tables,
    reference: &'a PackedRecord,
    meta: &'a Meta,
}

impl Work<'_> {
    /// Steps 3 and 4 of all tiles of a mask, for the given lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,bmi1")]
    fn visit(&self, mut tiles: u64, lanes: __mmask16, least: &mut [Lanes; GROUPS]) {
        while tiles != 0 {
            let tile = tiles.trailing_zeros() as usize;
            tiles &= tiles - 1;
            let (group, across) = (tile / GROUPS, tile % GROUPS);
            let distance = self.distance(group, across);
            let sum = _mm512_add_epi32(load(&self.probe.meta[group]), four(&self.meta.0, across));
            let gated = _mm512_mask_cmple_epu32_mask(lanes, sum, self.tables.gate_end);
            let class = _mm512_srli_epi32::<4>(sum);
            // Of each lane only the low half counts: the high half of the distance is zero.
            let weight = _mm512_permutexvar_epi16(class, self.tables.weights);
            let loss = _mm512_madd_epi16(distance, weight);
            let kept = load(&least[group].0);
            store(&mut least[group], _mm512_mask_min_epu32(kept, gated, kept, loss));
        }
    }

    /// Step 3 of one tile.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vpopcntdq")]
    fn distance(&self, group: usize, across: usize) -> __m512i {
        let words = &self.probe.words[group];
        let bits = |word: usize| {
            let reference = four(&self.reference.words[word], across);
            _mm512_popcnt_epi32(_mm512_xor_si512(load(&words[word]), reference))
        };
        const { assert!(WORDS == 8, "the tree of sums has eight leaves") };
        let quarter = |word: usize| _mm512_add_epi32(bits(word), bits(word + 1));
        let low = _mm512_add_epi32(quarter(0), quarter(2));
        _mm512_add_epi32(low, _mm512_add_epi32(quarter(4), quarter(6)))
    }
}

/// Step 5: similarities of the probe's cylinders, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn best_similarities(probe: &PreparedProbe, least: &mut [Lanes; GROUPS]) -> __m256i {
    let last = &mut least[probe.last_group];
    let floored = _mm512_max_epu32(load(&last.0), load(&probe.last_group_floor));
    store(last, floored);
    let low = least_of_lanes(&least[..4]);
    let high = least_of_lanes(&least[4..]);
    let loss = _mm512_srli_epi16::<LOSS_BITS>(_mm512_packus_epi32(low, high));
    let similarity = _mm512_subs_epu16(_mm512_set1_epi16(255), loss);
    _mm512_cvtepi16_epi8(similarity)
}

/// Of four groups, the least loss of each probe cylinder, in any order.
#[inline]
#[target_feature(enable = "avx512f")]
fn least_of_lanes(groups: &[Lanes]) -> __m512i {
    let [a, b, c, d] = [0, 1, 2, 3].map(|group| load(&groups[group].0));
    // In each quarter: a0 b0 a1 b1 and a2 b2 a3 b3, and so on.
    let ab = _mm512_min_epu32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let cd = _mm512_min_epu32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    _mm512_min_epu32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd))
}

/// Step 6.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,popcnt")]
fn top_mean(similarities: __m256i, counted: u8) -> u16 {
    let wanted = u32::from(counted).min(CYLINDERS as u32);
    let mut least_of_top = 0u8;
    for bit in (0..8).rev() {
        let tried = least_of_top | 1 << bit;
        let reached = _mm256_cmpge_epu8_mask(similarities, _mm256_set1_epi8(tried as i8));
        least_of_top = if reached.count_ones() >= wanted { tried } else { least_of_top };
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
