//! The systems whose accuracy is compared, over the same images.

use crate::baseline::{self, NistTemplate};
use crate::datasets::{Dataset, Print};
use crate::progress;
use anyhow::{Context, Result};
use evaluation::{ComparisonPlan, Pair, ScoreSet};
use extraction::extract_template;
use formats::image::{DecodeLimits, decode};
use matching::{Comparer, Parameters, PreparedTemplate};
use rayon::prelude::*;
use serde::Serialize;
use std::time::Instant;
use vocabulary::{GrayImage, Similarity, Template};

/// An extractor with a matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum System {
    /// Ours.
    Tanba,
    /// MINDTCT with BOZORTH3.
    Nist,
    /// Our minutiae in BOZORTH3: tells the extractor's share from the matcher's.
    TanbaInBozorth,
}

impl System {
    /// For tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tanba => "Tanba",
            Self::Nist => "MINDTCT + BOZORTH3",
            Self::TanbaInBozorth => "Tanba + BOZORTH3",
        }
    }
}

/// What the extractors made of a set.
pub(crate) struct Extracted {
    /// Ours, in the order of the prints.
    pub(crate) templates: Vec<Template>,
    nist: Vec<NistTemplate>,
    /// Median time of our extraction, ms an image on one thread, and that of MINDTCT.
    pub(crate) image_ms: f64,
    pub(crate) nist_image_ms: Option<f64>,
}

/// A print by both extractors, with the seconds that each took.
struct Timed {
    template: Template,
    nist: NistTemplate,
    seconds: [f64; 2],
}

/// Decodes and extracts every print with both extractors.
///
/// # Errors
/// A file that cannot be decoded or extracted: these sets are all readable.
pub(crate) fn extract(set: &Dataset, prints: &[Print], baseline: bool) -> Result<Extracted> {
    let bar = progress::bar(&format!("{}: extract", set.name), prints.len());
    let one = |print: &Print| -> Result<Timed> {
        let name = || format!("{}: {}_{}", set.name, print.finger, print.impression);
        let image = decode(&print.bytes, &DecodeLimits::default()).with_context(name)?.image;
        let start = Instant::now();
        let template = extract_template(&image, set.ppi, &extraction::Parameters::default())
            .with_context(name)?;
        let between = Instant::now();
        let nist = nist_template(&image, set.ppi, baseline);
        let seconds = [(between - start).as_secs_f64(), between.elapsed().as_secs_f64()];
        bar.inc(1);
        Ok(Timed { template, nist, seconds })
    };
    let timed: Vec<Timed> = prints.par_iter().map(one).collect::<Result<_>>()?;
    bar.finish_and_clear();
    let median_ms = |system: usize| {
        let mut seconds: Vec<f64> = timed.iter().map(|t| t.seconds[system]).collect();
        seconds.sort_unstable_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).map_or(0.0, |median| median * 1e3)
    };
    let (image_ms, nist_image_ms) = (median_ms(0), baseline.then(|| median_ms(1)));
    let (templates, nist) = timed.into_iter().map(|t| (t.template, t.nist)).unzip();
    Ok(Extracted { templates, nist, image_ms, nist_image_ms })
}

fn nist_template(image: &GrayImage, ppi: f32, wanted: bool) -> NistTemplate {
    if wanted { baseline::extract(image, ppi) } else { NistTemplate::default() }
}

/// The similarities of every planned comparison by one system, and the microseconds that a pair
/// takes on one thread.
///
/// # Errors
/// Never for lists of the plan's own length.
pub(crate) fn compare(
    system: System,
    extracted: &Extracted,
    plan: &ComparisonPlan,
) -> Result<(ScoreSet, f64)> {
    let (mated, non_mated) = match system {
        System::Tanba => {
            let parameters = Parameters::default();
            let prepare = |t: &Template| PreparedTemplate::new(t, &parameters);
            let prepared: Vec<_> = extracted.templates.par_iter().map(prepare).collect();
            let new = || Comparer::new(&parameters);
            let score = |comparer: &mut Comparer, pair: &Pair| {
                let (probe, reference) = (pair.probe as usize, pair.reference as usize);
                comparer.compare(&prepared[probe], &prepared[reference]).similarity
            };
            (all(plan.mated(), new, score), all(plan.non_mated(), new, score))
        }
        System::Nist => bozorth(&extracted.nist, plan),
        System::TanbaInBozorth => {
            let converted: Vec<_> = extracted.templates.iter().map(NistTemplate::from).collect();
            bozorth(&converted, plan)
        }
    };
    let pairs = (plan.mated().len() + plan.non_mated().len()).max(1);
    let pair_us = (mated.1 + non_mated.1) * 1e6 / pairs as f64;
    Ok((plan.scored(&mated.0, &non_mated.0)?, pair_us))
}

/// Similarities and the seconds of one thread that they took.
type Scores = (Vec<Option<Similarity>>, f64);

fn bozorth(templates: &[NistTemplate], plan: &ComparisonPlan) -> (Scores, Scores) {
    let score = |(): &mut (), pair: &Pair| {
        let (probe, reference) = (pair.probe as usize, pair.reference as usize);
        Similarity::from_thousandths(baseline::compare(&templates[probe], &templates[reference]))
    };
    (all(plan.mated(), || (), score), all(plan.non_mated(), || (), score))
}

/// Scores pairs on all cores, each thread with a scratch of its own.
fn all<S: Send>(
    pairs: &[Pair],
    scratch: impl Fn() -> S + Sync + Send + Copy,
    score: impl Fn(&mut S, &Pair) -> Similarity + Sync + Send + Copy,
) -> Scores {
    let timed = |s: &mut S, pair: &Pair| {
        let start = Instant::now();
        let similarity = score(s, pair);
        (Some(similarity), start.elapsed().as_secs_f64())
    };
    let (similarities, seconds): (Vec<_>, Vec<f64>) =
        pairs.par_iter().map_init(scratch, timed).unzip();
    (similarities, seconds.iter().sum())
}
