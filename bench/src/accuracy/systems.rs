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
}

/// Decodes and extracts every print with both extractors.
///
/// # Errors
/// A file that cannot be decoded or extracted: these sets are all readable.
pub(crate) fn extract(set: &Dataset, prints: &[Print], baseline: bool) -> Result<Extracted> {
    let bar = progress::bar(&format!("{}: extract", set.name), prints.len());
    let one = |print: &Print| -> Result<(Template, NistTemplate)> {
        let name = || format!("{}: {}_{}", set.name, print.finger, print.impression);
        let image = decode(&print.bytes, &DecodeLimits::default()).with_context(name)?.image;
        let template = extract_template(&image, set.ppi, &extraction::Parameters::default())
            .with_context(name)?;
        bar.inc(1);
        Ok((template, nist_template(&image, set.ppi, baseline)))
    };
    let both: Result<Vec<_>> = prints.par_iter().map(one).collect();
    let (templates, nist) = both?.into_iter().unzip();
    bar.finish_and_clear();
    Ok(Extracted { templates, nist })
}

fn nist_template(image: &GrayImage, ppi: f32, wanted: bool) -> NistTemplate {
    if wanted { baseline::extract(image, ppi) } else { NistTemplate::default() }
}

/// The similarities of every planned comparison by one system.
///
/// # Errors
/// Never for lists of the plan's own length.
pub(crate) fn compare(
    system: System,
    extracted: &Extracted,
    plan: &ComparisonPlan,
) -> Result<ScoreSet> {
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
    Ok(plan.scored(&mated, &non_mated)?)
}

type Scores = Vec<Option<Similarity>>;

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
    pairs.par_iter().map_init(scratch, |s, pair| Some(score(s, pair))).collect()
}
