//! Stage 1 with 512-bit vectors. Steps as in the parent module.
#![allow(unsafe_code)]

use super::gate::occupied_tiles;
use super::probe::PreparedProbe;
use crate::layout::{COST_BASE, GROUPS, LANES, NO_CYLINDER, SIMILARITY_BITS, TILE};
use matching::PackedRecord;
use matching::record::{CYLINDERS, WORDS};
use std::arch::x86_64::*;

/// Whether the processor has every instruction set used here.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vnni")
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
struct Rows {
    turns: [u32; CYLINDERS],
    lacks: [u32; CYLINDERS],
}

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
fn store(lanes: &mut [u32; LANES], vector: __m512i) {
    // SAFETY: the reference covers the 64 bytes written; the store needs no alignment.
    unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), vector) }
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
    window_start: __m512i,
    window_span: __m512i,
    gate_end: __m512i,
    /// Lanes of the first cylinder of each group, then of the last.
    corners: __m512i,
    /// By tile, the byte of the direction of its reference group's first cylinder.
    firsts: __m512i,
    /// By tile, the byte of the direction of its reference group's last cylinder.
    lasts: __m512i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(probe: &PreparedProbe) -> Self {
        let corner = |lane: usize| (lane % GROUPS * TILE + lane / GROUPS * (TILE - 1)) as u32;
        let top_byte = |lane: usize| (lane * 4 + 3) as u8;
        Self {
            window_start: load_bytes(&probe.window_start),
            window_span: load_bytes(&probe.window_span),
            gate_end: _mm512_set1_epi32((u32::from(probe.gate_span) << 24 | 0x00FF_FFFF) as i32),
            corners: load(&std::array::from_fn(corner)),
            firsts: load_bytes(&std::array::from_fn(|tile| top_byte(tile / GROUPS))),
            lasts: load_bytes(&std::array::from_fn(|tile| top_byte(GROUPS + tile / GROUPS))),
        }
    }
}

/// Scores each reference.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni,avx512vpopcntdq,bmi1,popcnt")]
pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    let tables = Tables::new(probe);
    for (reference, score) in references.iter().zip(out) {
        *score = score_one(probe, &tables, reference);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni,avx512vpopcntdq,bmi1,popcnt")]
fn score_one(probe: &PreparedProbe, tables: &Tables, reference: &PackedRecord) -> u16 {
    // Step 1.
    let mut rows = Rows { turns: [0; CYLINDERS], lacks: [0; CYLINDERS] };
    let turns = reference_rows(reference, &mut rows);
    // Step 2.
    let occupied = probe.group_tiles & occupied_tiles(reference.count);
    let mut tiles = visited_tiles(tables, turns) & occupied;
    // Steps 3 and 4.
    let mut least = probe.starts.map(Lanes);
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, across) = (tile % GROUPS, tile / GROUPS);
        let distance = tile_distances(&probe.words[group], reference, across);
        let turn = _mm512_add_epi32(load(&probe.turns[group]), four(&rows.turns, across));
        let gated = _mm512_cmple_epu32_mask(turn, tables.gate_end);
        let two = _mm512_set1_epi16(2);
        let cost = _mm512_dpwssd_epi32(four(&rows.lacks, across), distance, two);
        let kept = load(&least[group].0);
        store(&mut least[group].0, _mm512_mask_min_epu32(kept, gated, kept, cost));
    }
    // Steps 5 and 6.
    top_sum(best_similarities(probe, &least), probe.counted)
}

/// Step 1: see [`super::gate::Rows`]. Turns are returned too.
#[inline]
#[target_feature(enable = "avx512f")]
fn reference_rows(reference: &PackedRecord, rows: &mut Rows) -> [__m512i; 2] {
    let valid = ((1u64 << reference.count.min(32)) - 1) as u32;
    let base = _mm512_set1_epi32(COST_BASE as i32);
    let none = _mm512_set1_epi32(NO_CYLINDER as i32);
    let largest = _mm512_set1_epi32(-1);
    [0, 1].map(|half| {
        let start = half * LANES;
        let lanes = (valid >> start) as u16;
        // SAFETY: `start` is 0 or 16; both arrays hold 32 bytes; the loads need no alignment.
        let (thetas, norms) = unsafe {
            let thetas = _mm_loadu_si128(reference.thetas.as_ptr().add(start).cast());
            (thetas, _mm_loadu_si128(reference.norms.as_ptr().add(start).cast()))
        };
        let thetas = _mm512_cvtepu8_epi32(thetas);
        let turns = _mm512_mask_slli_epi32::<24>(largest, lanes, thetas);
        let lacks = _mm512_mask_sub_epi32(none, lanes, base, _mm512_cvtepu8_epi32(norms));
        // SAFETY: `start` is 0 or 16 and the rows hold 32 lanes; the stores need no alignment.
        unsafe {
            _mm512_storeu_si512(rows.turns.as_mut_ptr().add(start).cast(), turns);
            _mm512_storeu_si512(rows.lacks.as_mut_ptr().add(start).cast(), lacks);
        }
        turns
    })
}

/// Step 2: see [`super::gate::visited_tiles`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn visited_tiles(tables: &Tables, turns: [__m512i; 2]) -> u64 {
    let corners = _mm512_permutex2var_epi32(turns[0], tables.corners, turns[1]);
    let first = _mm512_permutexvar_epi8(tables.firsts, corners);
    let last = _mm512_permutexvar_epi8(tables.lasts, corners);
    let after = _mm512_sub_epi8(first, tables.window_start);
    let before = _mm512_sub_epi8(tables.window_start, first);
    _mm512_cmple_epu8_mask(after, tables.window_span)
        | _mm512_cmple_epu8_mask(before, _mm512_sub_epi8(last, first))
}

/// Step 3 of one tile.
#[inline]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn tile_distances(
    probe: &[[u32; LANES]; WORDS],
    reference: &PackedRecord,
    across: usize,
) -> __m512i {
    const { assert!(WORDS == 8, "the tree of sums has eight leaves") };
    let bits = |word: usize| {
        let reference = four(&reference.words[word], across);
        _mm512_popcnt_epi32(_mm512_xor_si512(load(&probe[word]), reference))
    };
    let two = |word: usize| _mm512_add_epi32(bits(word), bits(word + 1));
    let low = _mm512_add_epi32(two(0), two(2));
    _mm512_add_epi32(low, _mm512_add_epi32(two(4), two(6)))
}

/// Step 5: similarities of the probe's cylinders, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn best_similarities(probe: &PreparedProbe, least: &[Lanes; GROUPS]) -> __m512i {
    let similarity =
        |group: usize| _mm512_sub_epi32(load(&probe.starts[group]), load(&least[group].0));
    let low = largest_of_lanes([0, 1, 2, 3].map(similarity));
    let high = largest_of_lanes([4, 5, 6, 7].map(similarity));
    _mm512_packus_epi32(low, high)
}

/// Of four groups, the largest similarity of each probe cylinder, in any order.
#[inline]
#[target_feature(enable = "avx512f")]
fn largest_of_lanes([a, b, c, d]: [__m512i; 4]) -> __m512i {
    // In each quarter: a0 b0 a1 b1 and a2 b2 a3 b3, and so on.
    let ab = _mm512_max_epu32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let cd = _mm512_max_epu32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    _mm512_max_epu32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd))
}

/// Step 6.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
fn top_sum(similarities: __m512i, counted: u8) -> u16 {
    let wanted = u32::from(counted);
    let mut least_of_top = 0u16;
    for bit in (0..SIMILARITY_BITS).rev() {
        let tried = least_of_top | 1 << bit;
        let reached = _mm512_cmpge_epu16_mask(similarities, _mm512_set1_epi16(tried as i16));
        least_of_top = if reached.count_ones() >= wanted { tried } else { least_of_top };
    }
    // What exceeds the least of the top, summed: the lanes below or at it give zero.
    let excess = _mm512_subs_epu16(similarities, _mm512_set1_epi16(least_of_top as i16));
    let excess = _mm512_reduce_add_epi32(_mm512_madd_epi16(excess, _mm512_set1_epi16(1)));
    excess as u16 + u16::from(counted) * least_of_top
}
