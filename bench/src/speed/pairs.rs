//! Packing, preparing, stages 1, 2 and 3, and BOZORTH3, on the same templates on one core.

use super::Arguments;
use crate::baseline::{self, NistTemplate};
use crate::figure::{Better, Figure, Figures};
use crate::samples::Samples;
use anyhow::{Result, ensure};
use matching::{Comparer, PackedRecord, Parameters, PreparedTemplate, descriptor, stage1};
use shaders::{PreparedProbe, Stage1Path, score_with};
use vocabulary::Template;

/// Fingers, each with two impressions; every probe is compared with every reference.
const FINGERS: u64 = 40;

/// Pairs of each comparison.
const PAIRS: f64 = (FINGERS * FINGERS) as f64;

/// Mates of the baseline that must be the most similar, in percent: it is weaker on these small
/// synthetic prints, but a broken use of it would find hardly any.
const BASELINE_FOUND_PERCENT: usize = 50;
const FOUND_PERCENT: usize = 90;

/// Times mated and non-mated pairs of synthetic templates.
pub(super) fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    let parameters = Parameters::default();
    let population = arguments.population();
    let probes: Vec<Template> = (0..FINGERS).map(|person| population.print(person)).collect();
    let references: Vec<Template> =
        (0..FINGERS).map(|person| population.reference(person)).collect();
    let minutiae: usize = references.iter().map(|t| t.minutiae().len()).sum();
    let mean = minutiae as f64 / FINGERS as f64;
    figures.add(Figure::new("minutiae per template, mean", mean, "minutiae"))?;
    let seconds = Samples::of_seconds(|| {
        for template in &references {
            std::hint::black_box(descriptor::pack(template, &parameters));
        }
    });
    let each = |seconds: f64| seconds / FINGERS as f64 * 1e6;
    figures.add(Figure::best("pack a template", &seconds.map(each), "us"))?;
    let seconds = Samples::of_seconds(|| {
        for template in &references {
            std::hint::black_box(PreparedTemplate::new(template, &parameters));
        }
    });
    figures.add(Figure::best("prepare a template for stages 2 and 3", &seconds.map(each), "us"))?;
    compare(&probes, &references, &parameters, figures)
}

fn compare(
    probes: &[Template],
    references: &[Template],
    parameters: &Parameters,
    figures: &mut Figures,
) -> Result<()> {
    let first = stage1_rate(probes, references, parameters, figures)?;
    let all = stages_2_and_3_rate(probes, references, parameters, figures)?;
    let baseline = baseline_rate(probes, references, figures)?;
    for (name, rate) in [("stage 1", first), ("stages 2 and 3", all)] {
        let name = format!("pairs/s of {name} / of BOZORTH3");
        figures.add(Figure::new(name, rate / baseline, "x").better_when(Better::Larger))?;
    }
    Ok(())
}

/// A pair per line of a loop: probe and reference.
fn each_pair<'a, P, R>(
    probes: &'a [P],
    references: &'a [R],
) -> impl Iterator<Item = (&'a P, &'a R)> {
    probes.iter().flat_map(|probe| references.iter().map(move |reference| (probe, reference)))
}

/// Adds the time of a pair and the rate; returns the rate.
fn add(figures: &mut Figures, name: &str, seconds: &Samples, checked: u64) -> Result<f64> {
    let time = Figure::best(name, &seconds.map(|seconds| seconds / PAIRS * 1e6), "us/pair");
    figures.add(time)?;
    let rates = seconds.map(|seconds| PAIRS / seconds);
    let rate = Figure::best(format!("{name}, rate"), &rates, "pairs/s/core");
    let value = rate.value;
    figures.add(if checked > 0 { rate.checked(checked) } else { rate })?;
    Ok(value)
}

fn stage1_rate(
    probes: &[Template],
    references: &[Template],
    parameters: &Parameters,
    figures: &mut Figures,
) -> Result<f64> {
    let pack = |template: &Template| descriptor::pack(template, parameters);
    let probes: Vec<PackedRecord> = probes.iter().map(pack).collect();
    let references: Vec<PackedRecord> = references.iter().map(pack).collect();
    let path = Stage1Path::best();
    let expected: Vec<u16> = each_pair(&probes, &references)
        .map(|(probe, reference)| stage1::score_reference(probe, reference, &parameters.stage1))
        .collect();
    let mut scores = vec![0; expected.len()];
    let prepared: Vec<PreparedProbe> =
        probes.iter().map(|probe| PreparedProbe::new(probe, &parameters.stage1)).collect();
    let mut score_all = || {
        for (probe, row) in prepared.iter().zip(scores.chunks_mut(references.len())) {
            score_with(path, probe, &references, row);
        }
    };
    score_all();
    let seconds = Samples::of_seconds(&mut score_all);
    ensure!(scores == expected, "{path}: a score is not that of the definition");
    let name = format!("stage 1 on these templates, {path}");
    add(figures, &name, &seconds, expected.len() as u64)
}

fn stages_2_and_3_rate(
    probes: &[Template],
    references: &[Template],
    parameters: &Parameters,
    figures: &mut Figures,
) -> Result<f64> {
    let prepare = |template: &Template| PreparedTemplate::new(template, parameters);
    let probes: Vec<_> = probes.iter().map(prepare).collect();
    let references: Vec<_> = references.iter().map(prepare).collect();
    let mut comparer = Comparer::new(parameters);
    let seconds = Samples::of_seconds(|| {
        for (probe, reference) in each_pair(&probes, &references) {
            std::hint::black_box(comparer.compare_stage2(probe, reference));
        }
    });
    let each = seconds.map(|seconds| seconds / PAIRS * 1e6);
    figures.add(Figure::best("stage 2", &each, "us/pair"))?;
    let mut similarities = Vec::new();
    let seconds = Samples::of_seconds(|| {
        similarities.clear();
        for (probe, reference) in each_pair(&probes, &references) {
            similarities.push(comparer.compare(probe, reference).similarity);
        }
    });
    check("stages 2 and 3", &similarities, FOUND_PERCENT)?;
    add(figures, "stages 2 and 3", &seconds, 0)
}

fn baseline_rate(
    probes: &[Template],
    references: &[Template],
    figures: &mut Figures,
) -> Result<f64> {
    let probes: Vec<NistTemplate> = probes.iter().map(NistTemplate::from).collect();
    let references: Vec<NistTemplate> = references.iter().map(NistTemplate::from).collect();
    let mut scores = Vec::new();
    let seconds = Samples::of_seconds(|| {
        scores.clear();
        for (probe, reference) in each_pair(&probes, &references) {
            scores.push(baseline::compare(probe, reference));
        }
    });
    check("BOZORTH3", &scores, BASELINE_FOUND_PERCENT)?;
    add(figures, "BOZORTH3", &seconds, 0)
}

/// Most mates must score above every non-mate, or what was timed is not the comparison.
fn check<S: Ord>(name: &str, scores: &[S], percent: usize) -> Result<()> {
    let fingers = FINGERS as usize;
    let rows = scores.chunks(fingers).enumerate();
    let first = |(finger, row): &(usize, &[S])| {
        row.iter().enumerate().all(|(other, score)| other == *finger || *score < row[*finger])
    };
    let found = rows.filter(first).count();
    let wanted = fingers * percent / 100;
    ensure!(found >= wanted, "{name}: only {found} of {fingers} mates are the most similar");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores by row: each mate scores `mate`, everybody else `other`.
    fn scores(mate: u32, other: u32) -> Vec<u32> {
        let count = FINGERS as usize;
        let score = |index| if index / count == index % count { mate } else { other };
        (0..count * count).map(score).collect()
    }

    #[test]
    fn a_comparison_that_tells_nobody_apart_is_refused() {
        assert!(check("a", &scores(9, 8), 100).is_ok());
        assert!(check("a", &scores(8, 8), 50).is_err());
        assert!(check("a", &scores(7, 8), 50).is_err());
    }
}
