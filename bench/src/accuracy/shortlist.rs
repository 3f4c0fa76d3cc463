//! How often stage 1 leaves the mate out, over all sets as one gallery.

use super::collection::Print;
use super::out;
use matching::{PackedRecord, Parameters, descriptor, stage1};
use rayon::prelude::*;
use serde::Serialize;

/// Share of probes whose mate is not among the best of the gallery. Probe: every impression but
/// the first; mate: the first impression of that finger; non-mates: every impression of every
/// other finger.
#[derive(Serialize)]
pub(crate) struct Shortlist {
    probes: usize,
    gallery: usize,
    miss_rank_1: f64,
    miss_rank_10: f64,
    miss_1_percent: f64,
    miss_5_percent: f64,
}

/// Ranks every mate; `None` without probes.
pub(crate) fn measure(prints: &[Print<'_>]) -> Option<Shortlist> {
    let parameters = Parameters::default();
    let records: Vec<PackedRecord> =
        prints.par_iter().map(|print| descriptor::pack(print.template, &parameters)).collect();
    let probes: Vec<usize> = (0..prints.len()).filter(|i| prints[*i].impression > 0).collect();
    if probes.is_empty() {
        return None;
    }
    let better: Vec<usize> =
        probes.par_iter().map(|probe| better_than_mate(prints, &records, *probe)).collect();
    let gallery = records.len();
    let miss = |limit: usize| {
        better.iter().filter(|better| **better >= limit).count() as f64 / better.len() as f64
    };
    Some(Shortlist {
        probes: probes.len(),
        gallery,
        miss_rank_1: miss(1),
        miss_rank_10: miss(10),
        miss_1_percent: miss(gallery.div_ceil(100)),
        miss_5_percent: miss(gallery.div_ceil(20)),
    })
}

/// Non-mates that score at least as high as the mate.
fn better_than_mate(prints: &[Print<'_>], records: &[PackedRecord], probe: usize) -> usize {
    let parameters = Parameters::default();
    let score = |reference: usize| {
        stage1::score_reference(&records[probe], &records[reference], &parameters.stage1)
    };
    let finger = prints[probe].finger_id();
    let of_finger = (0..records.len()).filter(|i| prints[*i].finger_id() == finger);
    let mate = of_finger.filter(|i| prints[*i].impression == 0).map(score).next();
    let mate = mate.unwrap_or_default();
    let others = (0..records.len()).filter(|i| prints[*i].finger_id() != finger);
    others.filter(|reference| score(*reference) >= mate).count()
}

impl Shortlist {
    /// As a table of one line.
    pub(crate) fn print(&self) {
        let percent = |rate: f64| format!("{:.2} %", rate * 100.0);
        out(&format!(
            "\nstage 1, all sets as one gallery ({} prints, {} probes): mate missed at rank 1 {}, \
             rank 10 {}, best 1 % {}, best 5 % {}",
            self.gallery,
            self.probes,
            percent(self.miss_rank_1),
            percent(self.miss_rank_10),
            percent(self.miss_1_percent),
            percent(self.miss_5_percent),
        ));
    }
}
