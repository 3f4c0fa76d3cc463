//! How often stage 1 leaves the mate out, over all sets as one gallery.

use super::out;
use crate::datasets::is_seen_twice;
use matching::{PackedRecord, Parameters, descriptor, stage1};
use rayon::prelude::*;
use serde::Serialize;
use vocabulary::{ImpressionKey, Template};

/// Every print of every set.
#[derive(Default)]
pub(crate) struct Gallery {
    fingers: Vec<String>,
    is_first: Vec<bool>,
    records: Vec<PackedRecord>,
}

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

impl Gallery {
    /// Packs the templates of a set.
    pub(crate) fn add(&mut self, set: &str, keys: &[ImpressionKey], templates: &[Template]) {
        let parameters = Parameters::default();
        for (key, template) in keys.iter().zip(templates) {
            if is_seen_twice(set, key.subject.as_str()) {
                continue;
            }
            let finger = format!("{set}/{}", key.subject);
            self.is_first.push(self.fingers.last() != Some(&finger));
            self.fingers.push(finger);
            self.records.push(descriptor::pack(template, &parameters));
        }
    }

    /// Ranks every mate; `None` without probes.
    pub(crate) fn measure(&self) -> Option<Shortlist> {
        let probes: Vec<usize> = (0..self.records.len()).filter(|i| !self.is_first[*i]).collect();
        if probes.is_empty() {
            return None;
        }
        let better: Vec<usize> =
            probes.par_iter().map(|probe| self.better_than_mate(*probe)).collect();
        let gallery = self.records.len();
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
    fn better_than_mate(&self, probe: usize) -> usize {
        let parameters = Parameters::default();
        let score = |reference: usize| {
            stage1::score_reference(
                &self.records[probe],
                &self.records[reference],
                &parameters.stage1,
            )
        };
        let finger = &self.fingers[probe];
        let mate = (0..probe).rev().find(|i| self.is_first[*i]).map(score);
        let mate = mate.unwrap_or_default();
        let others = (0..self.records.len()).filter(|i| self.fingers[*i] != *finger);
        others.filter(|reference| score(*reference) >= mate).count()
    }
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
