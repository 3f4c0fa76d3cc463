//! Relaxation: pairs that agree on distances and angles strengthen each other.
//!
//! The distortion-tolerant form measures the difference of two distances relative to their sum, so
//! that minutiae far apart may have moved more (Minutia Cylinder-Code SDK 2.0).

use crate::alignment::Prints;
use crate::geometry::Point;
use crate::local::Assigned;
use crate::parameters::{Falling, RelaxationParameters};
use std::f32::consts::{FRAC_PI_2, TAU};
use std::sync::Arc;

/// Steps of a table.
const STEPS: usize = 1024;

/// A falling logistic, tabulated.
#[derive(Clone)]
struct Table {
    values: Arc<[f32]>,
}

impl Table {
    fn new(value: impl Fn(f32) -> f32) -> Self {
        Self { values: (0..STEPS).map(|i| value((i as f32 + 0.5) / STEPS as f32)).collect() }
    }

    /// At a place in `0.0..=1.0` of the tabulated range.
    fn at(&self, place: f32) -> f32 {
        self.values[((place * STEPS as f32) as usize).min(STEPS - 1)]
    }
}

/// Relaxes assigned pairs. Clones share the tables.
#[derive(Clone)]
pub(crate) struct Relaxation {
    parameters: RelaxationParameters,
    /// Over the relative difference of distances, `0..=1`.
    distance: Table,
    /// Over the difference of directions, of half a turn.
    direction: Table,
    /// Over the sine of the difference of radial angles, up to a right angle.
    radial: Table,
    /// How well pair `row` is supported by pair `column`, at `column * count + row`.
    compatibility: Vec<f32>,
    support: Vec<f32>,
    previous: Vec<f32>,
    relaxed: Vec<f32>,
    order: Vec<usize>,
}

/// The relaxed pairs.
#[derive(Default, Clone)]
pub(crate) struct Relaxed {
    /// Pairs by falling efficiency, with the relaxed similarity.
    pub(crate) pairs: Vec<Assigned>,
    /// Where each of these was among the pairs given.
    pub(crate) original: Vec<usize>,
    /// Pairs given.
    pub(crate) count: usize,
    /// Mean relaxed similarity of the pairs that count.
    pub(crate) score: f32,
}

impl Relaxation {
    pub(crate) fn new(parameters: &RelaxationParameters) -> Self {
        let table = |curve: &Falling, range: f32| Table::new(|place| curve.at(place * range));
        Self {
            distance: table(&parameters.distance, 1.0),
            direction: table(&parameters.direction, TAU / 2.0),
            radial: Table::new(|sine| parameters.radial.at(libm::asinf(sine).min(FRAC_PI_2))),
            parameters: parameters.clone(),
            compatibility: Vec::new(),
            support: Vec::new(),
            previous: Vec::new(),
            relaxed: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Most pairs worth assigning.
    pub(crate) fn pairs_max(&self) -> usize {
        self.parameters.pairs_max
    }

    /// How many pairs count, from the smaller number of minutiae.
    fn counted(&self, minutiae: usize) -> usize {
        let p = &self.parameters;
        let rise = Falling { middle: p.counted_middle, steepness: -p.counted_steepness };
        let more = (p.counted_max - p.counted_min) * rise.at(minutiae as f32);
        (p.counted_min + more + 0.5) as usize
    }

    /// Relaxes `assigned` and orders it by efficiency.
    pub(crate) fn relax(&mut self, prints: Prints<'_>, assigned: &[Assigned], out: &mut Relaxed) {
        out.pairs.clear();
        out.original.clear();
        out.count = assigned.len();
        out.score = 0.0;
        let count = assigned.len();
        if count < 2 {
            return;
        }
        self.compatibilities(prints, assigned);
        self.relaxed.clear();
        self.relaxed.extend(assigned.iter().map(|pair| pair.similarity));
        let (own, others) =
            (self.parameters.own_weight, (1.0 - self.parameters.own_weight) / (count - 1) as f32);
        for _ in 0..self.parameters.rounds {
            std::mem::swap(&mut self.previous, &mut self.relaxed);
            self.support.clear();
            self.support.resize(count, 0.0);
            // Column by column, so that rows are taken together and each is summed in its order.
            for (column, other) in self.compatibility.chunks(count).zip(&self.previous) {
                for (support, agreement) in self.support.iter_mut().zip(column) {
                    *support += agreement * other;
                }
            }
            self.relaxed.clear();
            let supported = self.previous.iter().zip(&self.support);
            self.relaxed.extend(supported.map(|(value, sum)| own * value + others * sum));
        }
        let efficiency = |index: &usize| self.relaxed[*index] / assigned[*index].similarity;
        self.order.clear();
        self.order.extend(0..count);
        self.order.sort_by(|a, b| efficiency(b).total_cmp(&efficiency(a)).then(a.cmp(b)));
        out.pairs.extend(
            self.order.iter().map(|i| Assigned { similarity: self.relaxed[*i], ..assigned[*i] }),
        );
        out.original.extend(&self.order);
        let counted = self.counted(prints.probe.points.len().min(prints.reference.points.len()));
        let sum: f32 = out.pairs.iter().take(counted).map(|pair| pair.similarity).sum();
        out.score = sum / counted as f32;
    }

    /// How well two of the pairs given agree, the worse way round, `0.0..=1.0`.
    pub(crate) fn agreement(&self, count: usize, a: usize, b: usize) -> f32 {
        self.compatibility[a * count + b].min(self.compatibility[b * count + a])
    }

    /// How well each two pairs agree; zero on the diagonal.
    fn compatibilities(&mut self, prints: Prints<'_>, assigned: &[Assigned]) {
        let count = assigned.len();
        self.compatibility.clear();
        self.compatibility.resize(count * count, 0.0);
        let ends = |pair: &Assigned| prints.ends((pair.probe, pair.reference));
        for (t, first) in assigned.iter().enumerate() {
            for (k, second) in assigned.iter().enumerate().skip(t + 1) {
                let (there, back) = self.compatible(ends(first), ends(second));
                self.compatibility[k * count + t] = there;
                self.compatibility[t * count + k] = back;
            }
        }
    }

    /// How well two pairs agree, seen from the first and from the second.
    fn compatible(&self, (a_t, b_t): (&Point, &Point), (a_k, b_k): (&Point, &Point)) -> (f32, f32) {
        let turn_a = a_t.direction.difference(a_k.direction);
        let turn_b = b_t.direction.difference(b_k.direction);
        let turn = turn_a.wrapping_sub(turn_b).unsigned_abs();
        let (dx_a, dy_a) = (a_k.x - a_t.x, a_k.y - a_t.y);
        let (dx_b, dy_b) = (b_k.x - b_t.x, b_k.y - b_t.y);
        let length_a = (dx_a * dx_a + dy_a * dy_a).sqrt();
        let length_b = (dx_b * dx_b + dy_b * dy_b).sqrt();
        if length_a == 0.0 || length_b == 0.0 {
            return (0.0, 0.0);
        }
        let relative = (length_a - length_b).abs() / (length_a + length_b);
        let common = self.distance.at(relative) * self.direction.at(f32::from(turn) / 32768.0);
        let scale = 1.0 / (length_a * length_b);
        let radial = |a: &Point, b: &Point| {
            let (u_a, v_a) = a.turned(dx_a, dy_a);
            let (u_b, v_b) = b.turned(dx_b, dy_b);
            if u_a * u_b + v_a * v_b <= 0.0 {
                0.0
            } else {
                self.radial.at(((u_a * v_b - v_a * u_b) * scale).abs())
            }
        };
        (common * radial(a_t, b_t), common * radial(a_k, b_k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Sketch, finger, moved, template};
    use crate::{Parameters, PreparedTemplate};

    fn prepared(sketches: &[Sketch]) -> PreparedTemplate {
        PreparedTemplate::new(&template(sketches, None), &Parameters::default())
    }

    /// Pairs of equal index, but for those given.
    fn relaxed(a: &PreparedTemplate, b: &PreparedTemplate, swapped: &[(u16, u16)]) -> Relaxed {
        let pair = |index: u16| {
            let found = swapped.iter().find(|(probe, _)| *probe == index);
            let reference = found.map_or(index, |(_, reference)| *reference);
            Assigned { probe: index, reference, similarity: 0.5 }
        };
        let assigned: Vec<Assigned> = (0..a.points.len() as u16).map(pair).collect();
        let mut out = Relaxed::default();
        let prints = Prints { probe: a, reference: b };
        Relaxation::new(&Parameters::default().relaxation).relax(prints, &assigned, &mut out);
        out
    }

    #[test]
    fn pairs_of_a_moved_print_agree_and_swapped_pairs_fall_behind() {
        let sketches = finger(1, 20);
        let (a, b) = (prepared(&sketches), prepared(&moved(&sketches, 0.5, (9.0, 4.0))));
        let true_pairs = relaxed(&a, &b, &[]);
        assert!(true_pairs.score > 0.42, "{}", true_pairs.score);
        let swapped = relaxed(&a, &b, &[(3, 11), (11, 3)]);
        let last: Vec<u16> = swapped.pairs[18..].iter().map(|pair| pair.probe).collect();
        assert!(last.contains(&3) && last.contains(&11));
    }

    #[test]
    fn a_neighbor_on_the_opposite_side_does_not_agree() {
        let at = |x: f32| Sketch { x, y: 200.0, direction: 0x4000, reliability: 50 };
        let middle = Sketch { reliability: 90, ..at(200.0) };
        let print = |x: f32| prepared(&[middle, at(x)]);
        let (left, right) = (print(150.0), print(250.0));
        let relaxation = Relaxation::new(&Parameters::default().relaxation);
        let between = |a: &PreparedTemplate, b: &PreparedTemplate| {
            let ends = |index: usize| (&a.points[index], &b.points[index]);
            relaxation.compatible(ends(0), ends(1))
        };
        let (there, back) = between(&left, &left);
        assert!(there > 0.8 && back > 0.8, "{there} {back}");
        assert_eq!(between(&left, &right), (0.0, 0.0));
    }
}
