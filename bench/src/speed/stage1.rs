//! Stage 1 on one core: every path that this processor has, with and without the direction gate.

use super::timing::fastest;
use super::{Arguments, Figure, figure};
use anyhow::{Result, ensure};
use matching::parameters::Stage1Parameters;
use matching::{PackedRecord, Parameters, descriptor, stage1};
use shaders::{PreparedProbe, Stage1Path, gated_pairs, score_with};
use synthesis::templates::{ImpressionParameters, finger, impression};

/// References, 11 MB: more than the second cache level holds.
const REFERENCES: u64 = 10_000;

/// Probes that take turns.
const PROBES: u64 = 8;

/// Packs synthetic fingers and times each path on them.
pub(super) fn run(arguments: &Arguments, figures: &mut Vec<Figure>) -> Result<()> {
    let parameters = Parameters::default();
    let pack = |index: u64, number: u64| {
        let finger = finger(arguments.seed, index);
        let template = impression(&finger, number, &ImpressionParameters::typical());
        descriptor::pack(&template, &parameters)
    };
    let references: Vec<PackedRecord> = (0..REFERENCES).map(|index| pack(index, 0)).collect();
    let probes: Vec<PackedRecord> = (0..PROBES).map(|index| pack(index, 1)).collect();
    let ungated =
        Stage1Parameters { direction_gate_256: u8::MAX / 2 + 1, ..parameters.stage1.clone() };
    describe(&probes, &references, &parameters.stage1, figures);
    for path in Stage1Path::available() {
        for (name, stage1) in [("gated", &parameters.stage1), ("ungated", &ungated)] {
            let rate = measure(path, &probes, &references, stage1)?;
            figure(figures, format!("stage 1, {path}, {name}"), rate / 1e6, "M pairs/s/core");
        }
    }
    Ok(())
}

fn describe(
    probes: &[PackedRecord],
    references: &[PackedRecord],
    parameters: &Stage1Parameters,
    figures: &mut Vec<Figure>,
) {
    let (mut passed, mut all) = (0u64, 0u64);
    for (probe, reference) in probes.iter().flat_map(|p| references.iter().map(move |r| (p, r))) {
        passed += u64::from(gated_pairs(probe, reference, parameters));
        all += u64::from(probe.count) * u64::from(reference.count);
    }
    figure(
        figures,
        "stage 1, cylinder pairs within the gate",
        passed as f64 / all as f64 * 100.0,
        "%",
    );
    let pairs = all as f64 / (probes.len() * references.len()) as f64;
    figure(figures, "stage 1, cylinder pairs per finger pair", pairs, "pairs");
}

/// Finger pairs per second; every score is checked against the definition.
fn measure(
    path: Stage1Path,
    probes: &[PackedRecord],
    references: &[PackedRecord],
    parameters: &Stage1Parameters,
) -> Result<f64> {
    let prepared: Vec<_> = probes.iter().map(|p| PreparedProbe::new(p, parameters)).collect();
    let mut scores = vec![0u16; references.len()];
    score_with(path, &prepared[0], references, &mut scores);
    for (reference, score) in references.iter().zip(&scores).step_by(7) {
        let expected = stage1::score_reference(&probes[0], reference, parameters);
        ensure!(*score == expected, "{path}: a score of {score} should be {expected}");
    }
    let seconds = fastest(|| {
        for probe in &prepared {
            score_with(path, probe, references, &mut scores);
        }
    });
    Ok((probes.len() * references.len()) as f64 / seconds)
}
