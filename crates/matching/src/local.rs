//! Local similarities of two prints and the greedy assignment.

use crate::alignment::Prints;
use crate::cylinder::BASE_WORDS;
use crate::parameters::LocalParameters;
use crate::prepared::{BASE_CELLS, FULL_WORDS, FullCylinder, NO_CYLINDER};

/// Similarities of every probe cylinder (row) with every reference cylinder (column).
#[derive(Default)]
pub(crate) struct LocalMatrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
    best: Vec<(f32, usize)>,
    taken: Vec<bool>,
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
    pub(crate) fn fill(
        &mut self,
        Prints { probe, reference }: Prints<'_>,
        parameters: &LocalParameters,
    ) {
        (self.rows, self.columns) = (probe.cylinders.len(), reference.cylinders.len());
        self.values.clear();
        for a in &probe.cylinders {
            let direction = probe.points[usize::from(a.point)].direction;
            self.values.extend(reference.cylinders.iter().map(|b| {
                let other = reference.points[usize::from(b.point)].direction;
                if direction.difference(other).unsigned_abs() > parameters.direction_gate_65536 {
                    0.0
                } else {
                    similarity(a, b, parameters)
                }
            }));
        }
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
        self.taken.clear();
        self.taken.resize(self.columns, false);
        self.best.clear();
        for row in 0..self.rows {
            let best = self.best_of(row);
            self.best.push(best);
        }
        while assigned.len() < limit {
            let mut row = 0;
            for (index, best) in self.best.iter().enumerate() {
                if best.0 > self.best[row].0 {
                    row = index;
                }
            }
            let Some((similarity, column)) = self.best.get(row).copied() else { break };
            if similarity <= 0.0 {
                break;
            }
            if self.taken[column] {
                self.best[row] = self.best_of(row);
                continue;
            }
            self.taken[column] = true;
            self.best[row] = (0.0, 0);
            assigned.push(Assigned {
                probe: probe.cylinders[row].point,
                reference: reference.cylinders[column].point,
                similarity,
            });
        }
    }

    /// The largest free value of a row.
    fn best_of(&self, row: usize) -> (f32, usize) {
        let mut best = (0.0, 0);
        let values = &self.values[row * self.columns..(row + 1) * self.columns];
        for (column, value) in values.iter().enumerate() {
            if *value > best.0 && !self.taken[column] {
                best = (*value, column);
            }
        }
        best
    }
}

/// How alike two cylinders are over the cells valid in both: with `d` bits that differ and `c`
/// bits set in both, `1 - sqrt(d / (2 (d + 2 c)))`.
///
/// That is `1 - ||a - b|| / (||a|| + ||b||)` of the paper for norms that are equal; it needs two
/// counts instead of three, because a bit is only ever set where its own mask is.
fn similarity(a: &FullCylinder, b: &FullCylinder, parameters: &LocalParameters) -> f32 {
    let shared: u32 = (0..BASE_WORDS).map(|w| (a.mask[w] & b.mask[w]).count_ones()).sum();
    if (shared as f32) < parameters.shared_cells_min * BASE_CELLS as f32 {
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
        let parameters = LocalParameters::default();
        let a = cylinder(0b1111, full);
        // One bit differs and three are common: 1 - sqrt(1 / (2 (1 + 6))).
        let value = similarity(&a, &cylinder(0b0111, full), &parameters);
        assert!((value - 0.732_739).abs() < 1e-5, "{value}");
        assert_eq!(similarity(&a, &a, &parameters), 1.0);
        assert_eq!(similarity(&a, &cylinder(0b1111_0000, full), &parameters), 0.0);
    }

    #[test]
    fn cells_that_one_cannot_judge_do_not_count() {
        let parameters = LocalParameters::default();
        let full = [u64::MAX, u64::MAX, u64::MAX, 0xFFFF];
        let masked = [u64::MAX << 1, u64::MAX, u64::MAX, 0xFFFF];
        let value = similarity(&cylinder(0b1111, full), &cylinder(0b1110, masked), &parameters);
        assert_eq!(value, 1.0);
        let little = [u64::MAX, 0, 0, 0];
        assert!(similarity(&cylinder(1, little), &cylinder(1, little), &parameters) > 0.0);
        let less = [u64::MAX >> 3, 0, 0, 0];
        assert_eq!(similarity(&cylinder(1, less), &cylinder(1, full), &parameters), 0.0);
    }
}
