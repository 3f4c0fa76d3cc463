//! Who becomes active, and who is held as a duplicate.
//!
//! A verdict names earlier encounters that match. Until none of them is alive the encounter cannot
//! become active by itself; once one of them is active it is held. Waits point to earlier
//! enrollments only, so there is no cycle, and one pass in that order settles everything. Of two in
//! one entry of the log, the one with the lower id is the earlier.

use super::Catalog;
use crate::command::{Adjudicate, DedupPolicy, DedupVerdict, Outcome, Refusal};
use replication::{EncounterId, EncounterState, LogIndex, Mutation, code_struct, is_mutated};
use std::collections::BTreeSet;

/// What a duplicate check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The barrier of the search.
    pub as_of: LogIndex,
    /// Matching encounters of other persons, as found; dead ones are dropped when settling.
    pub blockers: BTreeSet<EncounterId>,
}

code_struct!(Verdict { as_of, blockers });

impl Catalog {
    pub(super) fn take_verdict(&mut self, verdict: DedupVerdict) -> Outcome {
        let DedupVerdict { encounter, enrolled_at, as_of, mut hits } = verdict;
        let Some(row) = self.encounters.get(&encounter) else { return self.missing(encounter) };
        let waits = row.state == EncounterState::Pending && row.verdict.is_none();
        let flags = row.dedup == DedupPolicy::Flag && row.verdict.is_none();
        let fits = row.enrolled_at == enrolled_at && as_of >= enrolled_at;
        let second = is_mutated(Mutation::SecondVerdictTaken);
        if !(waits || flags || second) || !fits {
            return Outcome::Refused(Refusal::Stale);
        }
        let person = self.resolve(row.person);
        let twins = is_mutated(Mutation::TwinsIgnored);
        hits.retain(|hit| {
            self.encounters.get(hit).is_some_and(|other| {
                let is_earlier = (other.enrolled_at, *hit) < (enrolled_at, encounter);
                let is_twin = other.enrolled_at == enrolled_at;
                is_earlier && !(twins && is_twin) && self.resolve(other.person) != person
            })
        });
        let waits = waits || second;
        if let Some(row) = self.encounters.get_mut(&encounter) {
            row.verdict = Some(Verdict { as_of, blockers: hits });
            row.unchecked = None;
            self.unchecked.remove(&(enrolled_at, encounter));
            if waits {
                self.pending.insert((enrolled_at, encounter));
            }
        }
        self.settle();
        Outcome::Applied
    }

    pub(super) fn adjudicate(&mut self, decision: Adjudicate) -> Outcome {
        let Some(row) = self.encounters.get_mut(&decision.encounter) else {
            return self.missing(decision.encounter);
        };
        if row.state != EncounterState::Held {
            return Outcome::Refused(Refusal::Stale);
        }
        let galleries = row.galleries;
        row.is_overridden |= decision.accept;
        let state = if decision.accept { EncounterState::Active } else { EncounterState::Rejected };
        self.alter(decision.encounter, state, galleries);
        self.audit_adjudication(decision);
        self.settle();
        Outcome::Applied
    }

    /// Moves every pending encounter whose fate is decided.
    pub(super) fn settle(&mut self) {
        let pending: Vec<EncounterId> = self.pending.iter().map(|(_, id)| *id).collect();
        for encounter in pending {
            let Some(row) = self.encounters.get(&encounter) else { continue };
            let Some(verdict) = &row.verdict else { continue };
            let state = |id: &EncounterId| self.encounters.get(id).map(|row| row.state);
            let alive = |id: &&EncounterId| state(id).is_some_and(EncounterState::is_alive);
            let mut blockers = verdict.blockers.iter().filter(alive).peekable();
            let next = if blockers.peek().is_none() {
                EncounterState::Active
            } else if blockers.any(|id| state(id) == Some(EncounterState::Active)) {
                EncounterState::Held
            } else {
                continue;
            };
            let galleries = row.galleries;
            self.alter(encounter, next, galleries);
        }
    }
}
