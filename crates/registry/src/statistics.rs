//! Counts without personal data.

use crate::category::codes;
use crate::{Category, Comparison, ObligationStatus, OrderKind, Registry};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

codes! {
    /// What is counted.
    Count {
        Yes = "consent_yes",
        No = "consent_no",
        Refusal = "refusal",
        Exemption = "exemption",
        Match = "match",
        NoMatch = "no_match",
        Inconclusive = "inconclusive",
        Registration = "registration",
        Reregistration = "reregistration",
        Supplement = "supplement",
    }
}

/// Counts of a period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Statistics {
    /// Per category.
    pub counts: BTreeMap<(Category, Count), u64>,
    /// Deadlines met in time.
    pub kept: u64,
    /// Deadlines met late, or open and late at the end of the period.
    pub missed: u64,
}

impl Registry {
    /// What happened from `from` up to, but not including, `until`.
    pub fn statistics(&self, from: Timestamp, until: Timestamp) -> Statistics {
        let mut statistics = Statistics::default();
        let within = |at: Timestamp| from <= at && at < until;
        for case in self.entities.cases.values() {
            let mut count =
                |what| *statistics.counts.entry((case.category, what)).or_default() += 1;
            for answer in case.answers.iter().filter(|answer| within(answer.at)) {
                count(if answer.yes { Count::Yes } else { Count::No });
            }
            for verification in case.verifications.iter().filter(|v| within(v.at)) {
                count(match verification.result {
                    Comparison::Match => Count::Match,
                    Comparison::NoMatch => Count::NoMatch,
                    Comparison::Inconclusive => Count::Inconclusive,
                });
            }
            if case.refusal.is_some() && within(case.changed_at) {
                count(Count::Refusal);
            }
            if case.exemption.is_some() && within(case.changed_at) {
                count(Count::Exemption);
            }
        }
        let registrations = self.entities.persons.values().filter_map(|p| p.registration.as_ref());
        for record in registrations.flat_map(|r| &r.records).filter(|r| within(r.at)) {
            let what = match record.kind {
                _ if record.number == 1 => Count::Registration,
                OrderKind::Supplement => Count::Supplement,
                _ => Count::Reregistration,
            };
            *statistics.counts.entry((record.category, what)).or_default() += 1;
        }
        for obligation in self.entities.obligations.values() {
            match obligation.status {
                ObligationStatus::Met { at, late } if within(at) => {
                    statistics.kept += u64::from(!late);
                    statistics.missed += u64::from(late);
                }
                ObligationStatus::Open if within(obligation.due) => {
                    statistics.missed += u64::from(obligation.is_overdue(until));
                }
                _ => {}
            }
        }
        statistics
    }
}
