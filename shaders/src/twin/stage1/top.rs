//! Step 6: the sum of the largest similarities.

use crate::layout::SIMILARITY_BITS;
use matching::record::CYLINDERS;

/// References whose sums the network finds at once.
pub(super) const ROWS: usize = 8;
/// How many similarities the network sums.
pub(super) const NETWORK_COUNTS: u8 = 8;

/// Sum of the `counted` largest, found by fixing the bits of the smallest of them from the top.
pub(super) fn sum_of(similarities: &[u16; CYLINDERS], counted: u8) -> u16 {
    let wanted = usize::from(counted);
    let mut least_of_top = 0u16;
    for bit in (0..SIMILARITY_BITS).rev() {
        let tried = least_of_top | 1 << bit;
        if similarities.iter().filter(|s| **s >= tried).count() >= wanted {
            least_of_top = tried;
        }
    }
    let excess: u16 = similarities.iter().map(|s| s.saturating_sub(least_of_top)).sum();
    excess + u16::from(counted) * least_of_top
}

/// For eight references the sum of the eight largest of 32: `columns[k][8 q + r]` is similarity `k`
/// of quarter `q` of reference `r`; the order within a reference does not matter.
///
/// Every comparison serves all references and quarters: compilers make vectors of the rows.
/// Quarters are sorted; of two sorted lists of eight the largest eight are the larger of each pair
/// of one and the reverse of the other, in an order that a bitonic network sorts (Batcher, 1968).
#[inline(always)]
pub(super) fn sums_of_eight(mut columns: [[u16; CYLINDERS]; ROWS]) -> [u16; ROWS] {
    for (a, b) in SORT {
        exchange(&mut columns, a, b);
    }
    let mut halves: [[u16; CYLINDERS / 2]; ROWS] = larger(&columns);
    for (a, b) in SORT_BITONIC {
        exchange(&mut halves, a, b);
    }
    let wholes: [[u16; ROWS]; ROWS] = larger(&halves);
    std::array::from_fn(|row| wholes.iter().map(|column| column[row]).sum())
}

/// Sorts eight, smallest first, in 19 exchanges (Batcher's odd-even merges).
const SORT: [(usize, usize); 19] = [
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 7),
    (0, 2),
    (1, 3),
    (4, 6),
    (5, 7),
    (1, 2),
    (5, 6),
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
    (2, 4),
    (3, 5),
    (1, 2),
    (3, 4),
    (5, 6),
];

/// Sorts eight that rise and then fall, or fall and then rise.
const SORT_BITONIC: [(usize, usize); 12] = [
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
    (0, 2),
    (1, 3),
    (4, 6),
    (5, 7),
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 7),
];

/// Lane by lane, puts the smaller into column `a` and the larger into column `b`.
#[inline(always)]
fn exchange<const L: usize>(columns: &mut [[u16; L]; ROWS], a: usize, b: usize) {
    let (low, high) = (columns[a], columns[b]);
    columns[a] = std::array::from_fn(|lane| low[lane].min(high[lane]));
    columns[b] = std::array::from_fn(|lane| low[lane].max(high[lane]));
}

/// The largest eight of the sorted lists in the first and in the second half of the lanes.
#[inline(always)]
fn larger<const L: usize, const H: usize>(columns: &[[u16; L]; ROWS]) -> [[u16; H]; ROWS] {
    const { assert!(L == 2 * H, "two halves") };
    std::array::from_fn(|column| {
        let (one, other) = (&columns[column], &columns[ROWS - 1 - column]);
        std::array::from_fn(|lane| one[lane].max(other[H + lane]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network that sorts every sequence of zeros and ones sorts everything (Knuth, 5.3.4).
    #[test]
    fn the_networks_sort_zeros_and_ones() {
        for bits in 0..256u16 {
            let columns: [[u16; 1]; ROWS] = std::array::from_fn(|column| [bits >> column & 1]);
            let sorted = |mut columns: [[u16; 1]; ROWS], network: &[(usize, usize)]| {
                network.iter().for_each(|(a, b)| exchange(&mut columns, *a, *b));
                columns.is_sorted()
            };
            assert!(sorted(columns, &SORT), "{bits:08b}");
            let changes = (0..ROWS).filter(|c| columns[*c] != columns[(c + 1) % ROWS]).count();
            assert!(changes > 2 || sorted(columns, &SORT_BITONIC), "{bits:08b}");
        }
    }

    #[test]
    fn both_ways_find_the_sum_of_the_eight_largest() {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
            (state >> 16) as u16 % 766
        };
        for range in [1, 2, 30, 766] {
            let rows: [[u16; CYLINDERS]; ROWS] =
                std::array::from_fn(|_| std::array::from_fn(|_| next() % range));
            let mut columns = [[0; CYLINDERS]; ROWS];
            for (row, similarities) in rows.iter().enumerate() {
                for (cylinder, similarity) in similarities.iter().enumerate() {
                    columns[cylinder % ROWS][cylinder / ROWS * ROWS + row] = *similarity;
                }
            }
            let expected = rows.map(|mut row| {
                row.sort_unstable();
                row[CYLINDERS - 8..].iter().sum::<u16>()
            });
            assert_eq!(sums_of_eight(columns), expected);
            assert_eq!(rows.map(|row| sum_of(&row, 8)), expected);
        }
    }
}
