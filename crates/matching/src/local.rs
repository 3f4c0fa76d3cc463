//! Local similarities of two prints and the greedy assignment.

use crate::alignment::Prints;
use crate::cylinder::BASE_WORDS;
use crate::parameters::LocalParameters;
use crate::prepared::{BASE_CELLS, FULL_WORDS, FullCylinder, NO_CYLINDER};
use vocabulary::Direction;

/// Similarities of every probe cylinder (row) with every reference cylinder (column).
#[derive(Default, Clone)]
pub(crate) struct LocalMatrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
    /// The largest free value of each row.
    best: Vec<f32>,
    /// Its column.
    best_column: Vec<usize>,
    /// By column: all bits while it is free.
    free: Vec<u32>,
    /// A row without the columns that are taken.
    left: Vec<f32>,
    /// Directions of the reference cylinders.
    directions: Vec<Direction>,
    /// Reference cylinders within the direction gate.
    within: Vec<usize>,
}

/// A probe cylinder assigned to a reference cylinder.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Assigned {
    /// Index of the probe minutia.
    pub(crate) probe: u16,
    /// Index of the reference minutia.
    pub(crate) reference: u16,
    /// Local similarity.
    pub(crate) similarity: f32,
}

impl LocalMatrix {
    /// Fills the matrix.
    pub(crate) fn fill(&mut self, prints: Prints<'_>, parameters: &LocalParameters) {
        fill(self, prints, parameters);
    }

    /// Local similarity of two minutiae, 0 when one has no cylinder.
    pub(crate) fn of_minutiae(&self, prints: Prints<'_>, (probe, reference): (u16, u16)) -> f32 {
        let row = prints.probe.cylinder_of[usize::from(probe)];
        let column = prints.reference.cylinder_of[usize::from(reference)];
        if row == NO_CYLINDER || column == NO_CYLINDER {
            return 0.0;
        }
        self.values[usize::from(row) * self.columns + usize::from(column)]
    }

    /// Takes values in falling order, skipping used rows and columns, at most `limit`.
    pub(crate) fn assign(
        &mut self,
        Prints { probe, reference }: Prints<'_>,
        limit: usize,
        assigned: &mut Vec<Assigned>,
    ) {
        assigned.clear();
        self.free.clear();
        self.free.resize(self.columns, u32::MAX);
        self.best.clear();
        self.best.resize(self.rows, 0.0);
        self.best_column.clear();
        self.best_column.resize(self.rows, 0);
        (0..self.rows).for_each(|row| self.find_best(row));
        while assigned.len() < limit {
            let (similarity, row) = first_largest(&self.best);
            if similarity <= 0.0 {
                break;
            }
            let column = self.best_column[row];
            if self.free[column] == 0 {
                self.find_best(row);
                continue;
            }
            self.free[column] = 0;
            self.best[row] = 0.0;
            assigned.push(Assigned {
                probe: probe.cylinders[row].point,
                reference: reference.cylinders[column].point,
                similarity,
            });
        }
    }

    /// Finds the largest free value of a row.
    fn find_best(&mut self, row: usize) {
        let values = &self.values[row * self.columns..(row + 1) * self.columns];
        let free = values.iter().zip(&self.free);
        self.left.clear();
        self.left.extend(free.map(|(value, free)| f32::from_bits(value.to_bits() & free)));
        (self.best[row], self.best_column[row]) = first_largest(&self.left);
    }
}

/// The largest of values from 0 on, and the first index at which it stands; `(0.0, 0)` of none.
fn first_largest(values: &[f32]) -> (f32, usize) {
    /// Maxima kept side by side, so that they need not wait for each other.
    const LANES: usize = 8;
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut largest = [0.0; LANES];
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    for chunk in chunks {
        largest = std::array::from_fn(|lane| larger(chunk[lane], largest[lane]));
    }
    let largest = largest.iter().chain(rest).fold(0.0, |a, b| larger(*b, a));
    (largest, values.iter().position(|value| *value == largest).unwrap_or(0))
}

/// [`LocalMatrix::fill`], compiled for processors with and without a population count.
#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx512vpopcntdq+avx2+popcnt",
    "x86_64+avx2+popcnt",
    "x86_64+popcnt",
))]
fn fill(
    matrix: &mut LocalMatrix,
    Prints { probe, reference }: Prints<'_>,
    parameters: &LocalParameters,
) {
    (matrix.rows, matrix.columns) = (probe.cylinders.len(), reference.cylinders.len());
    matrix.values.clear();
    matrix.values.resize(matrix.rows * matrix.columns, 0.0);
    matrix.directions.clear();
    let direction = |b: &FullCylinder| reference.points[usize::from(b.point)].direction;
    matrix.directions.extend(reference.cylinders.iter().map(direction));
    matrix.within.resize(matrix.columns, 0);
    let shared_min = parameters.shared_cells_min * BASE_CELLS as f32;
    for (row, a) in probe.cylinders.iter().enumerate() {
        let direction = probe.points[usize::from(a.point)].direction;
        let mut count = 0;
        // Written always and counted sometimes: the gate is as good as a coin for a branch.
        for (column, other) in matrix.directions.iter().enumerate() {
            let difference = direction.difference(*other).unsigned_abs();
            matrix.within[count] = column;
            count += usize::from(difference <= parameters.direction_gate_65536);
        }
        let values = &mut matrix.values[row * matrix.columns..(row + 1) * matrix.columns];
        for column in &matrix.within[..count] {
            values[*column] = similarity(a, &reference.cylinders[*column], shared_min);
        }
    }
}

/// How alike two cylinders are over the cells valid in both: with `d` bits that differ and `c`
/// bits set in both, `1 - sqrt(d / (2 (d + 2 c)))`.
///
/// That is `1 - ||a - b|| / (||a|| + ||b||)` of the paper for norms that are equal; it needs two
/// counts instead of three, because a bit is only ever set where its own mask is.
#[inline(always)]
fn similarity(a: &FullCylinder, b: &FullCylinder, shared_min: f32) -> f32 {
    let shared: u32 = (0..BASE_WORDS).map(|w| (a.mask[w] & b.mask[w]).count_ones()).sum();
    if (shared as f32) < shared_min {
        return 0.0;
    }
    let (mut differing, mut common) = (0, 0);
    for word in 0..FULL_WORDS {
        let mask = a.mask[word % BASE_WORDS] & b.mask[word % BASE_WORDS];
        differing += ((a.bits[word] ^ b.bits[word]) & mask).count_ones();
        common += (a.bits[word] & b.bits[word]).count_ones();
    }
    if common == 0 {
        return 0.0;
    }
    1.0 - (differing as f32 / (2 * (differing + 2 * common)) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cylinder(bits: u64, mask: [u64; BASE_WORDS]) -> FullCylinder {
        let mut all = [0; FULL_WORDS];
        all[0] = bits;
        FullCylinder { point: 0, bits: all, mask }
    }

    #[test]
    fn similarity_is_that_computed_by_hand() {
        let full = [u64::MAX, u64::MAX, u64::MAX, 0xFFFF];
        let shared_min = 0.3 * 208.0;
        let a = cylinder(0b1111, full);
        // One bit differs and three are common: 1 - sqrt(1 / (2 (1 + 6))).
        let value = similarity(&a, &cylinder(0b0111, full), shared_min);
        assert!((value - 0.732_739).abs() < 1e-5, "{value}");
        assert_eq!(similarity(&a, &a, shared_min), 1.0);
        assert_eq!(similarity(&a, &cylinder(0b1111_0000, full), shared_min), 0.0);
    }

    #[test]
    fn the_first_of_equal_values_is_the_largest() {
        for length in 0..40 {
            let mut values: Vec<f32> = (0..length).map(|i| (i * 7 % 5) as f32 / 8.0).collect();
            let first = values.iter().position(|value| *value == 0.5).unwrap_or(0);
            if length > 4 {
                assert_eq!(first_largest(&values), (0.5, first));
            }
            for place in (0..length).rev() {
                values[place] = 0.75;
                assert_eq!(first_largest(&values), (0.75, place));
            }
            values.fill(0.0);
            assert_eq!(first_largest(&values), (0.0, 0));
        }
    }

    #[test]
    fn cells_that_one_cannot_judge_do_not_count() {
        let shared_min = 0.3 * 208.0;
        let full = [u64::MAX, u64::MAX, u64::MAX, 0xFFFF];
        let masked = [u64::MAX << 1, u64::MAX, u64::MAX, 0xFFFF];
        let value = similarity(&cylinder(0b1111, full), &cylinder(0b1110, masked), shared_min);
        assert_eq!(value, 1.0);
        let little = [u64::MAX, 0, 0, 0];
        assert!(similarity(&cylinder(1, little), &cylinder(1, little), shared_min) > 0.0);
        let less = [u64::MAX >> 3, 0, 0, 0];
        assert_eq!(similarity(&cylinder(1, less), &cylinder(1, full), shared_min), 0.0);
    }
}
