//! Real prints hidden among synthetic ones, and where their mates stand.

use super::loss::{Loss, Standing};
use super::sketch::Sketch;
use anyhow::{Result, ensure};
use matching::parameters::Stage1Parameters;
use matching::{PackedRecord, stage1};
use rayon::prelude::*;
use shaders::{PreparedProbe, Stage1Path, score_with};
use std::time::Instant;

/// What stage 1 keeps by default: 500 persons, of 100,000.
const KEPT_OF_ALL: f64 = 0.005;
/// What counts as kept among the real prints alone, which are too few for the share above.
const KEPT_OF_REAL: f64 = 0.01;
/// Probes and references of a timing (the references, 2 MB, stay in the second cache level).
const TIMED: (usize, usize) = (32, 2_000);
/// Timings, of which the fastest counts.
const REPEATS: usize = 15;

/// A packed print and the number of its finger.
pub(super) struct Print {
    pub(super) finger: u64,
    pub(super) record: PackedRecord,
}

/// A gallery, real prints first, and probes of which some mate is in it.
pub(super) struct Trial {
    gallery: Vec<Print>,
    real: usize,
    synthetic_probes: Vec<Print>,
    /// By stage 1; real probes, then synthetic ones.
    stage1: Vec<ProbeRanks>,
}

/// Where the mates of one probe stand: strangers that score at least as high.
struct ProbeRanks {
    /// In the whole gallery.
    all: Vec<usize>,
    /// Among real prints; empty for synthetic probes.
    real: Vec<usize>,
    /// Whether the first mate is the first impression of the finger, and not the probe.
    has_first: bool,
}

impl Trial {
    /// Ranks every mate by stage 1.
    pub(super) fn new(
        real: Vec<Print>,
        strangers: Vec<Print>,
        synthetic_probes: Vec<Print>,
    ) -> Self {
        let count = real.len();
        let gallery: Vec<Print> = real.into_iter().chain(strangers).collect();
        let mut trial = Self { gallery, real: count, synthetic_probes, stage1: Vec::new() };
        trial.stage1 =
            trial.ranks(|record| *record, |record| *record, &Stage1Parameters::default());
        trial
    }

    /// Real prints in the gallery.
    pub(super) const fn real(&self) -> usize {
        self.real
    }

    /// Prints in the gallery.
    pub(super) const fn gallery(&self) -> usize {
        self.gallery.len()
    }

    /// What a sketch loses.
    pub(super) fn losses(&self, sketch: &Sketch) -> Vec<Loss> {
        let ranks = self.ranks(|r| sketch.probe(r), sketch.reference, &sketch.parameters());
        let pairs = || self.stage1.iter().zip(&ranks);
        let real = || pairs().take(self.real);
        let first = || real().filter(|(ranks, _)| ranks.has_first);
        let in_all = |among, standings: Vec<Standing>| {
            Loss::new(among, &standings, self.gallery.len(), KEPT_OF_ALL)
        };
        let in_real =
            |among, standings: Vec<Standing>| Loss::new(among, &standings, self.real, KEPT_OF_REAL);
        vec![
            in_all("real, first mate, all", standings(first(), |r| r.all.get(..1))),
            in_all("real, every mate, all", standings(real(), |r| r.all.get(..))),
            in_real("real, first mate, real", standings(first(), |r| r.real.get(..1))),
            in_real("real, every mate, real", standings(real(), |r| r.real.get(..))),
            in_all("synthetic, poor, all", standings(pairs().skip(self.real), |r| r.all.get(..))),
        ]
    }

    fn probes(&self) -> impl Iterator<Item = (&Print, Option<usize>)> {
        let real = self.gallery[..self.real].iter().enumerate().map(|(i, p)| (p, Some(i)));
        real.chain(self.synthetic_probes.iter().map(|print| (print, None)))
    }

    /// Where every mate stands by the scores of what stands for the prints.
    fn ranks(
        &self,
        probe: impl Fn(&PackedRecord) -> PackedRecord + Sync,
        reference: impl Fn(&PackedRecord) -> PackedRecord + Sync,
        parameters: &Stage1Parameters,
    ) -> Vec<ProbeRanks> {
        let references: Vec<PackedRecord> =
            self.gallery.iter().map(|print| reference(&print.record)).collect();
        let probes: Vec<(&Print, Option<usize>)> = self.probes().collect();
        let rank = |(print, itself): &(&Print, Option<usize>)| {
            let prepared = PreparedProbe::new(&probe(&print.record), parameters);
            let mut scores = vec![0; references.len()];
            score_with(Stage1Path::best(), &prepared, &references, &mut scores);
            self.probe_ranks(print.finger, *itself, &scores)
        };
        probes.par_iter().map(rank).collect()
    }

    fn probe_ranks(&self, finger: u64, itself: Option<usize>, scores: &[u16]) -> ProbeRanks {
        let of_finger = |index: &usize| self.gallery[*index].finger == finger;
        let strangers = |within: usize| {
            let mut at_least = vec![0usize; usize::from(u16::MAX) + 1];
            (0..within)
                .filter(|i| !of_finger(i))
                .for_each(|i| at_least[usize::from(scores[i])] += 1);
            for score in (1..at_least.len()).rev() {
                at_least[score - 1] += at_least[score];
            }
            at_least
        };
        let own: Vec<usize> = (0..self.gallery.len()).filter(of_finger).collect();
        let mates = || own.iter().filter(|index| itself != Some(**index));
        let stand = |at_least: Vec<usize>| {
            mates().map(|mate| at_least[usize::from(scores[*mate])]).collect::<Vec<_>>()
        };
        let all = stand(strangers(self.gallery.len()));
        let real = if itself.is_some() { stand(strangers(self.real)) } else { Vec::new() };
        ProbeRanks { all, real, has_first: itself.is_some() && own.first() != itself.as_ref() }
    }

    /// Nanoseconds of a pair of stage 1 and of the sketch in its kernel, on one core, taking turns.
    ///
    /// # Errors
    /// A score that is not the defined one, or too few prints.
    pub(super) fn nanoseconds(&self, sketch: &Sketch) -> Result<(f64, f64)> {
        ensure!(self.gallery.len() >= TIMED.1, "fewer than {} prints", TIMED.1);
        let mut stage1 = Timed::new(self, |r| *r, |r| *r, &Stage1Parameters::default())?;
        let mut sketch =
            Timed::new(self, |r| sketch.probe(r), sketch.reference, &sketch.parameters())?;
        let mut best = (f64::INFINITY, f64::INFINITY);
        for _ in 0..REPEATS {
            best = (best.0.min(stage1.nanoseconds()), best.1.min(sketch.nanoseconds()));
        }
        Ok(best)
    }
}

fn standings<'a>(
    pairs: impl Iterator<Item = (&'a ProbeRanks, &'a ProbeRanks)>,
    of: impl Fn(&ProbeRanks) -> Option<&[usize]>,
) -> Vec<Standing> {
    let mut all = Vec::new();
    for (stage1, sketch) in pairs {
        let (stage1, sketch) = (of(stage1).unwrap_or(&[]), of(sketch).unwrap_or(&[]));
        let both = stage1.iter().zip(sketch);
        all.extend(both.map(|(stage1, sketch)| Standing { stage1: *stage1, sketch: *sketch }));
    }
    all
}

/// Probes and references that are compared again and again.
struct Timed {
    probes: Vec<PreparedProbe>,
    references: Vec<PackedRecord>,
    scores: Vec<u16>,
}

impl Timed {
    fn new(
        trial: &Trial,
        probe: impl Fn(&PackedRecord) -> PackedRecord,
        reference: impl Fn(&PackedRecord) -> PackedRecord,
        parameters: &Stage1Parameters,
    ) -> Result<Self> {
        let step = trial.gallery.len() / TIMED.0;
        let records: Vec<PackedRecord> =
            trial.gallery.iter().step_by(step).map(|print| probe(&print.record)).collect();
        let last = trial.gallery.len() - TIMED.1;
        let references: Vec<PackedRecord> =
            trial.gallery[last..].iter().map(|print| reference(&print.record)).collect();
        let mut timed = Self { probes: Vec::new(), scores: vec![0; references.len()], references };
        for record in &records {
            let prepared = PreparedProbe::new(record, parameters);
            score_with(Stage1Path::best(), &prepared, &timed.references, &mut timed.scores);
            for (reference, score) in timed.references.iter().zip(&timed.scores).step_by(101) {
                let expected = stage1::score_reference(record, reference, parameters);
                ensure!(*score == expected, "a score of {score} should be {expected}");
            }
            timed.probes.push(prepared);
        }
        Ok(timed)
    }

    /// One round of all pairs.
    fn nanoseconds(&mut self) -> f64 {
        let start = Instant::now();
        for probe in &self.probes {
            score_with(Stage1Path::best(), probe, &self.references, &mut self.scores);
        }
        let pairs = self.probes.len() * self.references.len();
        start.elapsed().as_secs_f64() * 1e9 / pairs as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::{Parameters, descriptor};
    use synthesis::templates::{ImpressionParameters, finger, impression};

    fn print(number: u64, index: u64) -> Print {
        let bad =
            ImpressionParameters { dropout: 0.6, spurious: 0.8, ..ImpressionParameters::poor() };
        let template = impression(&finger(1, number), index, &bad);
        Print { finger: number, record: descriptor::pack(&template, &Parameters::default()) }
    }

    /// Strangers in the gallery that score at least as high as a mate, by the definition.
    fn expected(trial: &Trial, probe: &Print, mate: usize, within: usize) -> usize {
        let parameters = Stage1Parameters::default();
        let score = |i: usize| {
            stage1::score_reference(&probe.record, &trial.gallery[i].record, &parameters)
        };
        let strangers = (0..within).filter(|i| trial.gallery[*i].finger != probe.finger);
        strangers.filter(|i| score(*i) >= score(mate)).count()
    }

    #[test]
    fn mates_stand_where_the_definition_puts_them() {
        let real = vec![print(1, 0), print(1, 1), print(1, 2), print(2, 0), print(2, 1)];
        let strangers = (10..400).map(|number| print(number, 0)).collect();
        let trial = Trial::new(real, strangers, vec![print(10, 1), print(11, 1)]);
        let mates: [&[usize]; 7] = [&[1, 2], &[0, 2], &[0, 1], &[4], &[3], &[5], &[6]];
        let firsts = [false, true, true, false, true, false, false];
        for (index, (probe, itself)) in trial.probes().enumerate() {
            let ranks = &trial.stage1[index];
            let stand = |within| -> Vec<usize> {
                mates[index].iter().map(|mate| expected(&trial, probe, *mate, within)).collect()
            };
            assert_eq!(ranks.all, stand(trial.gallery.len()), "{index}");
            let real = if itself.is_some() { stand(trial.real) } else { Vec::new() };
            assert_eq!(ranks.real, real, "{index}");
            assert_eq!(ranks.has_first, firsts[index], "{index}");
        }
        let below_first = trial.stage1.iter().flat_map(|ranks| &ranks.all).filter(|r| **r > 0);
        assert!(below_first.count() > 0, "mates at rank 1 only would prove little");
    }
}
