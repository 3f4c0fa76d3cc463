//! What the similarity and the quality of a print are worth, over all sets mixed, half by half.

use super::collection::Print;
use super::out;
use crate::datasets::Half;
use crate::progress;
use anyhow::Result;
use evaluation::{Bootstrap, ErrorRates, LikelihoodCost, RejectionCurve, Score, ScoreSet};
use matching::calibration::Calibration;
use matching::{Comparer, Parameters, PreparedTemplate};
use rayon::prelude::*;
use serde::Serialize;

/// FNMR without rejection at which the quality is judged. With fewer misses there would be nothing
/// to order.
const MISSED: f64 = 0.05;

/// The figures of one half.
#[derive(Serialize)]
pub(crate) struct Across {
    pub(super) half: Half,
    rates: ErrorRates,
    likelihood: Option<LikelihoodCost>,
    /// Misses left when the prints of the lowest quality are refused.
    pub(super) rejection: Option<RejectionCurve>,
}

/// Compares every pair of prints of a half, within and across the sets.
///
/// # Errors
/// A half without mated or non-mated pairs.
pub(crate) fn run(prints: &[Print<'_>], seed: u64) -> Result<Vec<Across>> {
    let mut all = Vec::new();
    for half in Half::ALL {
        let part: Vec<Print<'_>> = prints.iter().filter(|p| p.half() == half).copied().collect();
        let (scores, qualities) = compare(&part);
        let mut rates = ErrorRates::new(&scores, Some(&Bootstrap { replicates: 200, seed }))?;
        rates.curve.clear();
        let with_quality: Vec<(Score, u8)> = scores.mated.iter().copied().zip(qualities).collect();
        let across = Across {
            half,
            rates,
            likelihood: likelihood(&scores),
            rejection: RejectionCurve::new(&with_quality, MISSED),
        };
        across.print();
        all.push(across);
    }
    Ok(all)
}

/// All pairs, and for each mated one the lower of its two qualities.
fn compare(prints: &[Print<'_>]) -> (ScoreSet, Vec<u8>) {
    let parameters = Parameters::default();
    let prepared: Vec<PreparedTemplate> =
        prints.par_iter().map(|p| PreparedTemplate::new(p.template, &parameters)).collect();
    let mut ids: Vec<(usize, u32)> = prints.iter().map(Print::finger_id).collect();
    ids.dedup();
    let subject = |print: &Print<'_>| {
        ids.iter().position(|id| *id == print.finger_id()).unwrap_or_default() as u32
    };
    let subjects: Vec<u32> = prints.iter().map(subject).collect();
    let bar = progress::bar("compare across the sets", prints.len());
    let row = |comparer: &mut Comparer, probe: usize| {
        let (mut scores, mut qualities) = (ScoreSet::default(), Vec::new());
        for reference in probe + 1..prints.len() {
            let similarity = comparer.compare(&prepared[probe], &prepared[reference]).similarity;
            let score = Score {
                similarity: Some(similarity),
                probe_subject: subjects[probe],
                reference_subject: subjects[reference],
            };
            if subjects[probe] == subjects[reference] {
                let quality = |index: usize| prints[index].template.header().quality;
                qualities.push(quality(probe).min(quality(reference)));
                scores.mated.push(score);
            } else {
                scores.non_mated.push(score);
            }
        }
        bar.inc(1);
        (scores, qualities)
    };
    let new = || Comparer::new(&parameters);
    let rows: Vec<_> = (0..prints.len()).into_par_iter().map_init(new, row).collect();
    bar.finish_and_clear();
    let (mut scores, mut qualities) = (ScoreSet::default(), Vec::new());
    for (row, of_row) in rows {
        scores.mated.extend(row.mated);
        scores.non_mated.extend(row.non_mated);
        qualities.extend(of_row);
    }
    (scores, qualities)
}

/// The cost of the likelihood ratios that ship.
fn likelihood(scores: &ScoreSet) -> Option<LikelihoodCost> {
    let calibration = Calibration::shipped();
    let natural_log = |score: &Score| {
        let similarity = score.similarity.unwrap_or_default();
        calibration.log_likelihood_ratio(similarity, 1) * std::f64::consts::LN_10
    };
    let logs = |list: &[Score]| -> Vec<f64> { list.iter().map(natural_log).collect() };
    LikelihoodCost::new(&logs(&scores.mated), &logs(&scores.non_mated))
}

impl Across {
    fn print(&self) {
        let rates = &self.rates;
        let percent = |rate: Option<f64>| {
            rate.map_or_else(|| "too few".to_string(), |r| format!("{:.2} %", r * 100.0))
        };
        out(&format!(
            "\n{} halves of all sets mixed, {} mated and {} non-mated pairs: EER {}, FNMR at FMR \
             0.1 % {}, at 0.01 % {}",
            self.half.name(),
            rates.mated,
            rates.non_mated,
            percent(Some(rates.eer.rate)),
            percent(rates.fmr1000()),
            percent(rates.fmr10000()),
        ));
        if let Some(cost) = &self.likelihood {
            out(&format!(
                "  Cllr {:.4} bit, of which the order of the similarities {:.4}",
                cost.cllr, cost.cllr_min
            ));
        }
        let Some(curve) = &self.rejection else { return };
        let at = |share: f64| {
            let point = curve.points.iter().find(|p| p.rejected >= share - 1e-3);
            percent(point.map(|p| p.fnmr))
        };
        out(&format!(
            "  quality: FNMR {} at {} thousandths; {} / {} / {} when the worst 5 / 10 / 20 % of \
             the pairs are refused; area {:.2} of none, ideal {:.2}",
            at(0.0),
            curve.threshold.thousandths(),
            at(0.05),
            at(0.1),
            at(0.2),
            curve.relative_area,
            curve.relative_area_ideal,
        ));
    }
}
