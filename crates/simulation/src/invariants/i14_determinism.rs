//! I14: scores are those of the scorer, and candidates are in their one order.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use crate::scorer::FingerScorer;
use coordinator::{Request, Response};
use replication::Scorer;
use std::cmp::Reverse;

pub(super) struct Determinism;

impl Invariant for Determinism {
    fn name(&self) -> &'static str {
        "I14"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        let Observation::Answered { request, response: Response::Identified(found), .. } = seen
        else {
            return Ok(());
        };
        let Request::Identify(asked) = &request.request else { return Ok(()) };
        for candidate in &found.candidates {
            let life = model.lives.get(&candidate.encounter);
            let score = life.map(|l| FingerScorer.score(&asked.probe, &l.record.payload));
            ensure(score == Some(candidate.score), || "a candidate has another score".into())?;
        }
        let order = found.candidates.iter().map(|c| (Reverse(c.score), c.encounter));
        ensure(order.is_sorted(), || "candidates are out of order".into())
    }
}
