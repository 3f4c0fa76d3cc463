//! I14: a complete answer is what one scan of the whole gallery gives: scores, cuts, ties, order.

use super::{Invariant, ensure};
use crate::model::{Life, Model};
use crate::observation::Observation;
use crate::scorer::FingerScorer;
use coordinator::{Identified, Identify, Request, Response};
use replication::{EncounterId, PersonId, Scorer};
use std::cmp::Reverse;
use std::collections::BTreeSet;

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
        ensure(order.is_sorted(), || "candidates are out of order".into())?;
        match expected(asked, found, model) {
            Some(expected) if found.is_complete => {
                let listed = found.candidates.iter().map(|c| c.encounter);
                ensure(listed.eq(expected.iter().copied()), || {
                    format!("a list as of {} is not that of one scan", found.as_of)
                })
            }
            _ => Ok(()),
        }
    }
}

/// The list of one scan, unless something changed since the intent that may or may not show.
fn expected(asked: &Identify, found: &Identified, model: &Model) -> Option<Vec<EncounterId>> {
    let (from, to) = (found.as_of, model.applied());
    let ever = model.lives.values().filter(|life| life.ever(asked.scope, from, to));
    let ever = ever.filter(|life| model.concerns(asked, life) != Some(false));
    let mut lives: Vec<&Life> = ever.collect();
    let steady = lives.iter().all(|life| life.always(asked.scope, from, to));
    if !steady || model.relinked_at >= from {
        return None;
    }
    let by = |score: fn(&Identify, &Life) -> u32| {
        move |life: &&Life| (Reverse(score(asked, life)), life.record.encounter)
    };
    lives.sort_by_key(by(|a, life| FingerScorer.coarse(&a.probe, &life.record.payload)));
    let cut = model.cut_of(asked);
    lives.truncate(cut.coarse as usize);
    lives.sort_by_key(by(|a, life| FingerScorer.fine(&a.probe, &life.record.payload)));
    lives.truncate(cut.fine as usize);
    let score = |life: &Life| FingerScorer.score(&asked.probe, &life.record.payload);
    lives.retain(|life| score(life) >= asked.threshold.max(1));
    lives.sort_by_key(|life| (Reverse(score(life)), life.record.encounter));
    let mut persons: BTreeSet<PersonId> = BTreeSet::new();
    lives.retain(|life| {
        let row = model.catalog.encounters().get(&life.record.encounter);
        persons.insert(model.catalog.resolve(row.map_or(life.record.person, |row| row.person)))
    });
    lives.truncate(asked.candidates_max as usize);
    Some(lives.iter().map(|life| life.record.encounter).collect())
}
