//! Stage 7: ridges of one pixel width.
//!
//! Z. Guo and R. W. Hall, "Parallel thinning with two-subiteration algorithms", CACM 32(3), 1989,
//! algorithm A1, on 64 pixels at a time: the neighbors of a word are words, and the conditions are
//! Boolean functions of them.

use crate::bits::BitImage;

/// Thins to lines; lines stay 8-connected.
pub(crate) fn thin(bits: &BitImage) -> BitImage {
    let mut current = bits.clone();
    let mut next = bits.clone();
    // Every round strips a layer from both sides, so no image needs more rounds than this.
    for _ in 0..bits.width().min(bits.height()).div_ceil(2) + 1 {
        let mut changed = false;
        for even in [false, true] {
            changed |= strip(&current, &mut next, even);
            std::mem::swap(&mut current, &mut next);
        }
        if !changed {
            break;
        }
    }
    current
}

/// One subiteration from `from` into `to`; true when a pixel was removed.
fn strip(from: &BitImage, to: &mut BitImage, even: bool) -> bool {
    let empty = vec![0u64; from.width().div_ceil(64)];
    let mut changed = 0u64;
    for y in 0..from.height() {
        let above = if y > 0 { from.row(y - 1) } else { &empty };
        let below = if y + 1 < from.height() { from.row(y + 1) } else { &empty };
        let row = from.row(y);
        let out = to.row_mut(y);
        for index in 0..row.len() {
            let center = row[index];
            let removed = if center == 0 {
                0
            } else {
                let (nw, n, ne) = shifted(above, index);
                let (w, _, e) = shifted(row, index);
                let (sw, s, se) = shifted(below, index);
                center & removable([n, ne, e, se, s, sw, w, nw], even)
            };
            out[index] = center & !removed;
            changed |= removed;
        }
    }
    changed != 0
}

/// The pixels to the left of, at and to the right of those of a word.
fn shifted(row: &[u64], index: usize) -> (u64, u64, u64) {
    let word = row[index];
    let before = if index > 0 { row[index - 1] >> 63 } else { 0 };
    let after = row.get(index + 1).map_or(0, |next| next << 63);
    (word << 1 | before, word, word >> 1 | after)
}

/// Pixels whose neighbors, clockwise from the north, allow removal.
fn removable([n, ne, e, se, s, sw, w, nw]: [u64; 8], even: bool) -> u64 {
    let crossings = [!n & (ne | e), !e & (se | s), !s & (sw | w), !w & (nw | n)];
    let one_crossing = exactly_one(crossings);
    let first = [nw | n, ne | e, se | s, sw | w];
    let second = [n | ne, e | se, s | sw, w | nw];
    let enough = at_least_two(first) & at_least_two(second);
    let all = |[a, b, c, d]: [u64; 4]| a & b & c & d;
    let too_many = all(first) & all(second);
    let side = if even { (n | ne | !se) & e } else { (s | sw | !nw) & w };
    one_crossing & enough & !too_many & !side
}

/// Bits set in exactly one of four words.
fn exactly_one([a, b, c, d]: [u64; 4]) -> u64 {
    ((a ^ b) & !(c | d)) | ((c ^ d) & !(a | b))
}

/// Bits set in two or more of four words.
fn at_least_two([a, b, c, d]: [u64; 4]) -> u64 {
    (a & b) | (c & d) | ((a | b) & (c | d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(rows: &[&str]) -> BitImage {
        let mut bits = BitImage::zero(rows[0].len(), rows.len());
        for (y, row) in rows.iter().enumerate() {
            for (x, pixel) in row.bytes().enumerate() {
                bits.set(x, y, pixel == b'#');
            }
        }
        bits
    }

    /// Number of 8-connected components.
    fn components(bits: &BitImage) -> usize {
        let mut left = bits.clone();
        let mut count = 0;
        for y in 0..bits.height() {
            for x in 0..bits.width() {
                if !left.get(x as isize, y as isize) {
                    continue;
                }
                count += 1;
                let mut open = vec![(x as isize, y as isize)];
                while let Some((x, y)) = open.pop() {
                    if left.get(x, y) {
                        left.set(x as usize, y as usize, false);
                        open.extend(
                            (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy))),
                        );
                    }
                }
            }
        }
        count
    }

    #[test]
    fn a_bar_becomes_a_line_along_its_middle() {
        let mut bits = BitImage::zero(150, 20);
        for y in 5..10 {
            for x in 10..140 {
                bits.set(x, y, true);
            }
        }
        let thin = thin(&bits);
        assert_eq!(components(&thin), 1);
        // One pixel in every column between the rounded ends, across the word borders.
        for x in 15..135 {
            let set: Vec<usize> = (0..20).filter(|y| thin.get(x, *y as isize)).collect();
            assert_eq!(set, [7], "column {x}");
        }
    }

    #[test]
    fn a_ring_stays_closed_and_a_square_of_nothing_stays_empty() {
        let ring = image(&["......", ".####.", ".#..#.", ".#..#.", ".####.", "......"]);
        let thin_ring = thin(&ring);
        assert_eq!(components(&thin_ring), 1);
        assert!(thin_ring.count() >= 8);
        assert_eq!(thin(&BitImage::zero(70, 3)).count(), 0);
    }

    #[test]
    fn thinning_keeps_the_number_of_components_and_adds_no_pixel() {
        let mut state = 7u32;
        for round in 0..20 {
            let mut bits = BitImage::zero(100, 40);
            for y in 0..40 {
                for x in 0..100 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    bits.set(x, y, state >> 28 < 4 + round % 8);
                }
            }
            let thin = thin(&bits);
            assert_eq!(components(&thin), components(&bits), "round {round}");
            for y in 0..40 {
                for x in 0..100 {
                    assert!(bits.get(x, y) || !thin.get(x, y));
                }
            }
        }
    }
}
