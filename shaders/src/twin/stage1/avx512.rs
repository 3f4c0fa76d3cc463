//! Stage 1 with 512-bit vectors. Steps as in the parent module.
#![allow(unsafe_code)]

use super::gate::{Rows, occupied_tiles};
use super::prefetch::{AHEAD, prefetch};
use super::probe::PreparedProbe;
use super::top;
use crate::layout::{COST_BASE, GROUPS, LANES, NO_CYLINDER, TILE};
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

/// One half of a row.
#[inline]
#[target_feature(enable = "avx512f")]
fn half_row(row: &[u32; CYLINDERS], half: usize) -> __m512i {
    load(&row.as_chunks().0[half])
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
    gate_span: __m512i,
    /// By tile, the first cylinder of its reference group.
    firsts: __m512i,
    /// By tile, the last cylinder of its reference group.
    lasts: __m512i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(probe: &PreparedProbe) -> Self {
        let first = |tile: usize| (tile / GROUPS * TILE) as u8;
        Self {
            window_start: load_bytes(&probe.windows.start),
            window_span: load_bytes(&probe.windows.span),
            gate_span: _mm512_set1_epi32((u32::from(probe.gate_span) << 24) as i32),
            firsts: load_bytes(&std::array::from_fn(first)),
            lasts: load_bytes(&std::array::from_fn(|tile| first(tile) + TILE as u8 - 1)),
        }
    }
}

/// Scores each reference.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni,avx512vpopcntdq,bmi1,popcnt")]
pub(super) fn score(probe: &PreparedProbe, references: &[PackedRecord], out: &mut [u16]) {
    let tables = Tables::new(probe);
    let chunks = references.chunks(top::ROWS).zip(out.chunks_mut(top::ROWS));
    for (chunk, (chunk_references, scores)) in chunks.enumerate() {
        let mut rows = [_mm512_setzero_si512(); top::ROWS];
        for (index, (row, reference)) in rows.iter_mut().zip(chunk_references).enumerate() {
            prefetch(references.get(chunk * top::ROWS + index + AHEAD));
            *row = similarities(probe, &tables, reference);
        }
        // Step 6.
        let sums = if probe.counted == top::NETWORK_COUNTS {
            top::sums_of_eight(transposed(rows))
        } else {
            rows.map(|row| top::sum_of(&as_array(row), probe.counted))
        };
        scores.copy_from_slice(&sums[..scores.len()]);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn as_array(row: __m512i) -> [u16; CYLINDERS] {
    let mut array = [0; CYLINDERS];
    // SAFETY: the array covers the 64 bytes written; the store needs no alignment.
    unsafe { _mm512_storeu_si512(array.as_mut_ptr().cast(), row) }
    array
}

/// In each quarter, lane `r` of row `c` becomes lane `c` of row `r`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transposed(rows: [__m512i; top::ROWS]) -> [[u16; CYLINDERS]; top::ROWS] {
    let [a, b, c, d, e, f, g, h] = rows;
    let zip = |[a, b, c, d]: [__m512i; 4], [e, f, g, h]: [__m512i; 4]| {
        let (low, high) = (_mm512_unpacklo_epi16, _mm512_unpackhi_epi16);
        [low(a, e), high(a, e), low(b, f), high(b, f), low(c, g), high(c, g), low(d, h), high(d, h)]
    };
    // Three times the perfect shuffle of 64 lanes exchanges the halves of their 6-bit numbers.
    let [a, b, c, d, e, f, g, h] = zip([a, b, c, d], [e, f, g, h]);
    let [a, b, c, d, e, f, g, h] = zip([a, b, c, d], [e, f, g, h]);
    zip([a, b, c, d], [e, f, g, h]).map(|column| as_array(column))
}

/// Steps 1 to 5: the best similarity of each probe cylinder, in any order, 0 in lanes without.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni,avx512vpopcntdq,bmi1,popcnt")]
fn similarities(probe: &PreparedProbe, tables: &Tables, reference: &PackedRecord) -> __m512i {
    // Step 1.
    let (rows, thetas) = reference_rows(reference);
    // Step 2.
    let occupied = probe.group_tiles & occupied_tiles(reference.count);
    let mut tiles = visited_tiles(tables, thetas) & occupied;
    // Steps 3 and 4.
    let planes = rows.planes(reference);
    let mut least = probe.starts.map(Lanes);
    while tiles != 0 {
        let tile = tiles.trailing_zeros() as usize;
        tiles &= tiles - 1;
        let (group, across) = (tile % GROUPS, tile / GROUPS);
        let key = _mm512_add_epi32(load(&probe.turns[group]), four(&rows.keys, across));
        let gated = _mm512_subs_epu8(key, tables.gate_span);
        let cost = plus_distances(gated, &probe.planes[group], &planes, across);
        let kept = load(&least[group].0);
        store(&mut least[group].0, _mm512_min_epu32(kept, cost));
    }
    // Step 5.
    best_similarities(probe, &least)
}

/// Step 1: see [`super::gate::Rows`]; the directions are returned too, the largest in lanes
/// without a cylinder.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn reference_rows(reference: &PackedRecord) -> (Rows, __m512i) {
    let valid = (1u64 << reference.count.min(32)) - 1;
    let word = |half: usize, word: usize| half_row(&reference.words[word], half);
    let mut rows = Rows { keys: [0; CYLINDERS], sums: [[0; CYLINDERS]; 3] };
    for half in 0..2 {
        let start = half * LANES;
        let lanes = (valid >> start) as u16;
        // SAFETY: `start` is 0 or 16; both arrays hold 32 bytes; the loads need no alignment.
        let [thetas, norms] = unsafe {
            [reference.thetas.as_ptr(), reference.norms.as_ptr()]
                .map(|bytes| _mm512_cvtepu8_epi32(_mm_loadu_si128(bytes.add(start).cast())))
        };
        let lacks = _mm512_sub_epi32(_mm512_set1_epi32(COST_BASE as i32), norms);
        let keys = _mm512_or_si512(_mm512_slli_epi32::<24>(thetas), lacks);
        let none = _mm512_set1_epi32((0xFF << 24 | NO_CYLINDER) as i32);
        let keys = _mm512_mask_mov_epi32(none, lanes, keys);
        let xor = |a, b, c| _mm512_ternarylogic_epi32::<0x96>(a, b, c);
        let low = xor(word(half, 0), word(half, 1), word(half, 2));
        let high = xor(word(half, 3), word(half, 4), word(half, 5));
        store(&mut rows.keys.as_chunks_mut().0[half], keys);
        store(&mut rows.sums[0].as_chunks_mut().0[half], low);
        store(&mut rows.sums[1].as_chunks_mut().0[half], high);
        store(&mut rows.sums[2].as_chunks_mut().0[half], xor(low, high, word(half, 6)));
    }
    let none = _mm512_set1_epi8(-1);
    // SAFETY: the array covers the 32 bytes read; the load needs no alignment.
    let thetas = unsafe { _mm256_loadu_si256(reference.thetas.as_ptr().cast()) };
    (rows, _mm512_mask_mov_epi8(none, valid, _mm512_castsi256_si512(thetas)))
}

/// Step 2: see [`super::gate::visited_tiles`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn visited_tiles(tables: &Tables, thetas: __m512i) -> u64 {
    let first = _mm512_permutexvar_epi8(tables.firsts, thetas);
    let last = _mm512_permutexvar_epi8(tables.lasts, thetas);
    let after = _mm512_sub_epi8(first, tables.window_start);
    let before = _mm512_sub_epi8(tables.window_start, first);
    _mm512_cmple_epu8_mask(after, tables.window_span)
        | _mm512_cmple_epu8_mask(before, _mm512_sub_epi8(last, first))
}

/// Step 3 of one tile: adds twice the distances.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni,avx512vpopcntdq")]
fn plus_distances(
    costs: __m512i,
    probe: &[[u32; LANES]; WORDS],
    reference: &[&[u32; CYLINDERS]; WORDS],
    across: usize,
) -> __m512i {
    let differ =
        |plane: usize| _mm512_xor_si512(load(&probe[plane]), four(reference[plane], across));
    // The carry of a full adder from two of its inputs and its sum.
    let carry = |a, b, sum| _mm512_ternarylogic_epi32::<0xD4>(a, b, sum);
    let (sum_1, sum_2, ones) = (differ(2), differ(5), differ(6));
    let carry_1 = carry(differ(0), differ(1), sum_1);
    let carry_2 = carry(differ(3), differ(4), sum_2);
    let carry_3 = carry(sum_1, sum_2, ones);
    let twos = _mm512_ternarylogic_epi32::<0x96>(carry_1, carry_2, carry_3);
    let fours = _mm512_ternarylogic_epi32::<0xE8>(carry_1, carry_2, carry_3);
    let count = |vector| _mm512_popcnt_epi32(vector);
    let ones = _mm512_add_epi32(count(ones), count(differ(7)));
    let costs = _mm512_dpwssd_epi32(costs, ones, _mm512_set1_epi16(2));
    let costs = _mm512_dpwssd_epi32(costs, count(twos), _mm512_set1_epi16(4));
    _mm512_dpwssd_epi32(costs, count(fours), _mm512_set1_epi16(8))
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
