//! The duplicate check of enrollments, by whoever leads.
//!
//! The barrier is the enrollment itself or later, so whatever was enrolled before is seen unless it
//! is dead, and dead is for good. The verdict is a command: a second one for the same encounter, by
//! the next leader, changes nothing. Without complete coverage there is no verdict.

use super::{Asker, Coordinator};
use crate::command::{Command, DedupVerdict};
use crate::fanout::{Fanout, Question};
use crate::message::Output;
use crate::raft::Role;
use replication::{EncounterId, Lane, LogIndex, Mutation, Payload, Scope, is_mutated};
use std::collections::BTreeMap;

struct Check {
    enrolled_at: LogIndex,
    as_of: LogIndex,
    fanout: Fanout,
    /// The verdict is proposed; try again after this time should it get lost.
    proposed_until: Option<u64>,
}

/// Checks under way.
#[derive(Default)]
pub(super) struct Checks(BTreeMap<EncounterId, Check>);

impl Checks {
    pub(super) fn fanout(&mut self, encounter: EncounterId) -> Option<&mut Fanout> {
        self.0.get_mut(&encounter).map(|check| &mut check.fanout)
    }
}

impl Coordinator {
    /// Starts, continues and ends checks.
    pub(super) fn check_on(&mut self, now: u64, out: &mut Vec<Output>) {
        if self.member.role() != Role::Leader {
            self.checks.0.clear();
            self.scans.retain(|_, asker| !matches!(asker, Asker::Check(_)));
            return;
        }
        self.start_checks(now);
        let mut checks = std::mem::take(&mut self.checks.0);
        checks.retain(|encounter, check| self.check(*encounter, check, now, out));
        self.checks.0 = checks;
    }

    fn start_checks(&mut self, now: u64) {
        let room = self.settings.checks_max.saturating_sub(self.checks.0.len());
        let waiting = self.catalog.unchecked();
        let new: Vec<(EncounterId, LogIndex, Payload)> = waiting
            .filter(|(encounter, ..)| !self.checks.0.contains_key(encounter))
            .take(room)
            .map(|(encounter, enrolled_at, probe)| (encounter, enrolled_at, probe.clone()))
            .collect();
        for (encounter, enrolled_at, probe) in new {
            let as_of = self.catalog.applied();
            let blind = is_mutated(Mutation::VerdictWithoutBarrier);
            let question = Question {
                probe,
                person: None,
                scope: Scope {
                    active_only: is_mutated(Mutation::DedupIgnoresPending),
                    gallery: None,
                },
                score_min: 1,
                rarity_min: self.catalog.policy().dedup_rarity,
                cut: self.settings.check_cut,
                min_index: if blind { 0 } else { as_of },
                persons_max: None,
                lane: Lane::Check,
                deadline: now + self.settings.check_budget_ms,
            };
            let fanout =
                Fanout::new(&self.catalog, question, self.settings.hedging, self.settings.boot);
            let check = Check { enrolled_at, as_of, fanout, proposed_until: None };
            self.checks.0.insert(encounter, check);
        }
    }

    /// Whether the check goes on.
    fn check(
        &mut self,
        encounter: EncounterId,
        check: &mut Check,
        now: u64,
        out: &mut Vec<Output>,
    ) -> bool {
        let row = self.catalog.encounters().get(&encounter);
        let open = row.is_some_and(|row| row.unchecked.is_some());
        let stays = open && check.proposed_until.is_none_or(|until| now < until);
        if !stays {
            self.scans.retain(|_, asker| *asker != Asker::Check(encounter));
            return false;
        }
        if check.proposed_until.is_some() {
            return true;
        }
        let alarms = check.fanout.verify(&self.catalog);
        out.extend(alarms.into_iter().map(Output::Alarm));
        if !check.fanout.is_finished(&self.catalog, now) {
            self.ask(Some(&mut check.fanout), Asker::Check(encounter), now, out);
            return true;
        }
        let coverage = check.fanout.coverage(&self.catalog, &self.view, now);
        let partial = is_mutated(Mutation::VerdictFromPartialCoverage);
        if coverage.is_complete() || partial {
            let hits = check.fanout.hits(&self.catalog);
            let hits = hits.iter().map(|hit| hit.encounter).filter(|id| *id != encounter);
            let Check { enrolled_at, as_of, .. } = *check;
            let verdict = DedupVerdict { encounter, enrolled_at, as_of, hits: hits.collect() };
            let _ = self.submit(Command::DedupVerdict(verdict));
        }
        // Either the verdict is applied by then, or the check starts again.
        check.proposed_until = Some(now + self.settings.check_budget_ms);
        true
    }
}
