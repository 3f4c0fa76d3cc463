//! Stage 1: every path of the processor on one core, with and without the direction gate, and every
//! implementation on all it has; all on the same prints, all against the same naive oracle.

use super::whole::Whole;
use super::{Arguments, devices};
use crate::contenders;
use crate::figure::{Figure, Figures};
use crate::population::Population;
use crate::progress;
use crate::samples::Samples;
use anyhow::{Result, ensure};
use matching::parameters::Stage1Parameters;
use matching::{PackedRecord, Parameters, descriptor, stage1};
use rayon::prelude::*;
use shaders::{PreparedProbe, Stage1Path, gated_pairs, score_with};

/// References, 11 MB: more than the second cache level holds.
pub(super) const REFERENCES: u64 = 10_000;

/// Probes that take turns.
pub(super) const PROBES: u64 = 8;

/// The prints that every path scores.
pub(super) struct Prints {
    pub(super) population: Population,
    probes: Vec<PackedRecord>,
    pub(super) references: Vec<PackedRecord>,
}

impl Prints {
    fn pairs(&self) -> u64 {
        (self.probes.len() * self.references.len()) as u64
    }

    /// The scores of all pairs by their definition, by probe.
    fn oracle(&self, parameters: &Stage1Parameters) -> Vec<Vec<u16>> {
        let bar = progress::bar("stage 1 by its definition", self.probes.len());
        let of = |probe: &PackedRecord| {
            let score = |record| stage1::score_reference(probe, record, parameters);
            let scores = self.references.par_iter().map(score).collect();
            bar.inc(1);
            scores
        };
        let scores = self.probes.iter().map(of).collect();
        bar.finish_and_clear();
        scores
    }
}

/// Packs synthetic fingers, checks each path on all pairs and times it on them.
pub(super) fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    let parameters = Parameters::default();
    let population = arguments.population();
    let reference = |person| population.packed(person, &parameters);
    let probe = |person| descriptor::pack(&population.print(person), &parameters);
    let prints = Prints {
        population,
        references: (0..REFERENCES).into_par_iter().map(reference).collect(),
        probes: (0..PROBES).map(probe).collect(),
    };
    let gated = &parameters.stage1;
    let ungated = Stage1Parameters { direction_gate_256: u8::MAX / 2 + 1, ..gated.clone() };
    describe(&prints, gated, figures)?;
    let oracle = prints.oracle(gated);
    let ungated_oracle = prints.oracle(&ungated);
    for (name, stage1, oracle) in
        [("gated", gated, &oracle), ("ungated", &ungated, &ungated_oracle)]
    {
        for path in Stage1Path::available() {
            let rates = measure(path, &prints, oracle, stage1)?;
            let name = format!("stage 1, {path}, {name}");
            let figure = Figure::best(name, &rates.map(|rate| rate / 1e6), "M pairs/s/core");
            figures.add(figure.checked(prints.pairs()))?;
        }
    }
    let gallery = Whole::new(&prints, &oracle, &parameters, REFERENCES)?;
    for kernels in contenders::every() {
        let rates = gallery.measure(&*kernels, PROBES)?;
        let name = format!("stage 1, {}, whole", kernels.name());
        let figure = Figure::best(name, &rates.map(|rate| rate / 1e6), "M pairs/s");
        figures.add(figure.checked(prints.pairs()))?;
    }
    let ungated = (Parameters { stage1: ungated, ..parameters.clone() }, ungated_oracle);
    devices::run(arguments, &prints, &[(parameters, oracle), ungated], figures)
}

fn describe(prints: &Prints, gated: &Stage1Parameters, figures: &mut Figures) -> Result<()> {
    let (mut passed, mut all) = (0u64, 0u64);
    for probe in &prints.probes {
        for reference in &prints.references {
            passed += u64::from(gated_pairs(probe, reference, gated));
            all += u64::from(probe.count) * u64::from(reference.count);
        }
    }
    let share = passed as f64 / all as f64 * 100.0;
    figures.add(Figure::new("stage 1, cylinder pairs within the gate", share, "%"))?;
    let pairs = all as f64 / prints.pairs() as f64;
    figures.add(Figure::new("stage 1, cylinder pairs per finger pair", pairs, "pairs"))
}

/// Finger pairs per second on one core. All scores are compared with the oracle's before, and those
/// of the last probe after.
fn measure(
    path: Stage1Path,
    prints: &Prints,
    oracle: &[Vec<u16>],
    parameters: &Stage1Parameters,
) -> Result<Samples> {
    let prepared: Vec<_> =
        prints.probes.iter().map(|probe| PreparedProbe::new(probe, parameters)).collect();
    let mut scores = vec![0u16; prints.references.len()];
    for (probe, expected) in prepared.iter().zip(oracle) {
        score_with(path, probe, &prints.references, &mut scores);
        ensure!(scores == *expected, "{path}: a score is not that of the definition");
    }
    let seconds = Samples::of_seconds(|| {
        for probe in &prepared {
            score_with(path, probe, &prints.references, &mut scores);
        }
    });
    ensure!(Some(&scores) == oracle.last(), "{path}: a score changed while it was timed");
    Ok(seconds.map(|seconds| prints.pairs() as f64 / seconds))
}
