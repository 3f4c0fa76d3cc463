//! I7: an answer called complete lacks nobody, counts everybody, and nobody twice.

use super::{Invariant, ensure};
use crate::model::{Life, Model};
use crate::observation::Observation;
use crate::scorer::FingerScorer;
use coordinator::{Identified, Identify, Request, Response};
use replication::{EncounterId, Payload, PersonId, Scorer};
use std::cmp::Reverse;
use std::collections::BTreeSet;

pub(super) struct HonestCoverage;

impl Invariant for HonestCoverage {
    fn name(&self) -> &'static str {
        "I7"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        let Observation::Answered { request, response: Response::Identified(found), .. } = seen
        else {
            return Ok(());
        };
        let Request::Identify(asked) = &request.request else { return Ok(()) };
        let encounters: BTreeSet<_> = found.candidates.iter().map(|c| c.encounter).collect();
        ensure(encounters.len() == found.candidates.len(), || "somebody is listed twice".into())?;
        if !found.is_complete {
            let empty = found.candidates.is_empty() || asked.allow_partial;
            return ensure(empty, || "an incomplete answer leaves nobody asked for".into());
        }
        ensure(found.missing.is_empty() && found.eligible == found.scanned, || {
            format!("complete, and {} of {} scanned", found.scanned, found.eligible)
        })?;
        if asked.person.is_some() && model.relinked_at >= found.as_of {
            // Who is who changed since.
            return Ok(());
        }
        counts_fit(asked, found, model)?;
        nobody_lacks(asked, found, model)
    }
}

/// Each partition was counted once, at some index since the intent.
fn counts_fit(asked: &Identify, found: &Identified, model: &Model) -> Result<(), String> {
    if asked.person.is_some() {
        return counts_of_one_fit(asked, found, model);
    }
    let (mut low, mut high) = (0, 0);
    for (partition, _) in model.catalog.partitions() {
        let at = |index| u64::from(model.summary_at(partition, index).eligible(asked.scope));
        let counts = (found.as_of..=model.applied()).map(at);
        let (min, max) = counts.fold((u64::MAX, 0), |(min, max), n| (min.min(n), max.max(n)));
        (low, high) = (low + min, high + max);
    }
    ensure((low..=high).contains(&found.eligible), || {
        format!("{} eligible, between {low} and {high} expected", found.eligible)
    })
}

/// Everything of the person in question was counted, and nothing of anybody else.
fn counts_of_one_fit(asked: &Identify, found: &Identified, model: &Model) -> Result<(), String> {
    let (from, to) = (found.as_of, model.applied());
    let count = |fits: &dyn Fn(&Life) -> bool| {
        model.lives.values().filter(|life| fits(life)).count() as u64
    };
    let low = count(&|life| {
        model.concerns(asked, life) == Some(true) && life.always(asked.scope, from, to)
    });
    let high = count(&|life| {
        model.concerns(asked, life) != Some(false) && life.ever(asked.scope, from, to)
    });
    ensure((low..=high).contains(&found.eligible), || {
        format!("{} of one person eligible, between {low} and {high} expected", found.eligible)
    })
}

/// Whoever is sure to pass the cuts is listed.
fn nobody_lacks(asked: &Identify, found: &Identified, model: &Model) -> Result<(), String> {
    let listed: BTreeSet<PersonId> =
        found.candidates.iter().map(|c| model.catalog.resolve(c.person)).collect();
    let ever = |life: &&Life| life.ever(asked.scope, found.as_of, model.applied());
    let rivals: Vec<&Life> = model.lives.values().filter(ever).collect();
    let cut = model.cut_of(asked);
    let passes = |life: &Life| {
        let worse = |key: fn(&Payload, &Life) -> (Reverse<u32>, EncounterId), places: u32| {
            let better = rivals.iter().filter(|o| key(&asked.probe, o) < key(&asked.probe, life));
            better.count() < places as usize
        };
        worse(coarse_key, cut.coarse) && worse(fine_key, cut.fine)
    };
    let matches = |life: &&Life| {
        FingerScorer.score(&asked.probe, &life.record.payload) >= asked.threshold
            && life.always(asked.scope, found.as_of, model.applied())
            && model.concerns(asked, life) == Some(true)
            && passes(life)
    };
    let lacks = |life: &&Life| {
        let row = model.catalog.encounters().get(&life.record.encounter);
        // One that was linked to another person stood under a name that is not known any more.
        row.filter(|row| row.person == row.home_person)
            .is_some_and(|row| !listed.contains(&model.catalog.resolve(row.person)))
    };
    let lacking = model.lives.values().filter(matches).find(lacks);
    let of = found.candidates.len();
    let full = of >= asked.candidates_max as usize;
    ensure(full || lacking.is_none(), || {
        format!("a complete answer as of {} with {of} candidates lacks somebody", found.as_of)
    })
}

fn coarse_key(probe: &Payload, life: &Life) -> (Reverse<u32>, EncounterId) {
    let score = FingerScorer.coarse(probe, &life.record.payload);
    (Reverse(score), life.record.encounter)
}

fn fine_key(probe: &Payload, life: &Life) -> (Reverse<u32>, EncounterId) {
    let score = FingerScorer.fine(probe, &life.record.payload);
    (Reverse(score), life.record.encounter)
}
