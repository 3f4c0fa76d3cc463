//! Packing, preparing, and stages 2 and 3, per template and per pair on one core.

use super::timing::fastest;
use super::{Arguments, Figure, figure};
use anyhow::{Result, ensure};
use matching::{Comparer, Parameters, PreparedTemplate, descriptor};
use synthesis::templates::{ImpressionParameters, finger, impression};
use vocabulary::{Similarity, Template};

/// Fingers, each with two impressions.
const FINGERS: u64 = 40;

/// Times mated and non-mated pairs of synthetic templates.
pub(super) fn run(arguments: &Arguments, figures: &mut Vec<Figure>) -> Result<()> {
    let parameters = Parameters::default();
    let template = |index: u64, number: u64| {
        impression(&finger(arguments.seed, index), number, &ImpressionParameters::typical())
    };
    let probes: Vec<Template> = (0..FINGERS).map(|index| template(index, 1)).collect();
    let references: Vec<Template> = (0..FINGERS).map(|index| template(index, 0)).collect();
    let minutiae: usize = references.iter().map(|t| t.minutiae().len()).sum();
    figure(figures, "minutiae per template, mean", minutiae as f64 / FINGERS as f64, "minutiae");
    let seconds = fastest(|| {
        for template in &references {
            std::hint::black_box(descriptor::pack(template, &parameters));
        }
    });
    figure(figures, "pack a template", seconds / FINGERS as f64 * 1e6, "us");
    let seconds = fastest(|| {
        for template in &references {
            std::hint::black_box(PreparedTemplate::new(template, &parameters));
        }
    });
    figure(figures, "prepare a template for stages 2 and 3", seconds / FINGERS as f64 * 1e6, "us");
    compare(&probes, &references, &parameters, figures)
}

fn compare(
    probes: &[Template],
    references: &[Template],
    parameters: &Parameters,
    figures: &mut Vec<Figure>,
) -> Result<()> {
    let prepare = |t: &Template| PreparedTemplate::new(t, parameters);
    let probes: Vec<_> = probes.iter().map(prepare).collect();
    let references: Vec<_> = references.iter().map(prepare).collect();
    let pairs = (probes.len() * references.len()) as f64;
    let mut comparer = Comparer::new(parameters);
    let seconds = fastest(|| {
        for (probe, reference) in probes.iter().flat_map(|p| references.iter().map(move |r| (p, r)))
        {
            std::hint::black_box(comparer.compare_stage2(probe, reference));
        }
    });
    figure(figures, "stage 2", seconds / pairs * 1e6, "us/pair");
    let mut similarities = Vec::new();
    let seconds = fastest(|| {
        similarities.clear();
        for (probe, reference) in probes.iter().flat_map(|p| references.iter().map(move |r| (p, r)))
        {
            similarities.push(comparer.compare(probe, reference).similarity);
        }
    });
    figure(figures, "stages 2 and 3", seconds / pairs * 1e6, "us/pair");
    check(&similarities, probes.len())
}

/// Most mates must score above every non-mate, or what was timed is not the comparison.
fn check(similarities: &[Similarity], fingers: usize) -> Result<()> {
    let rows = similarities.chunks(fingers).enumerate();
    let found = rows.filter(|(finger, row)| row.iter().max() == row.get(*finger)).count();
    ensure!(found * 10 >= fingers * 9, "only {found} of {fingers} mates are the most similar");
    Ok(())
}
