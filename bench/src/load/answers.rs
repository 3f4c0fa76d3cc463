//! What an answer of the cluster must say, or no time of it counts.

use coordinator::command::Outcome;
use coordinator::{Identified, Missing};
use replication::{EncounterState, PersonId};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;
use transport::{ClientError, Done};

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// As it should be.
    Right,
    /// Not taken, because there is too much to do; with how long to wait.
    Shed(Duration),
    /// No answer in time, and nobody knows whether it was carried out.
    Late,
    /// An answer that says of itself that it lacks somebody.
    Incomplete,
    /// An answer that cannot be right.
    Wrong(String),
}

impl Said {
    /// Of a request that got no answer.
    pub(super) fn of_error(error: &ClientError) -> Self {
        match error.retry_after() {
            Some(after) => Self::Shed(after),
            None if error.may_ask_again() => Self::Late,
            None => Self::Wrong(error.to_string()),
        }
    }
}

/// An enrollment without a duplicate check is active, and was carried out by this very request
/// unless it was asked more than once.
pub(super) fn enrolled(done: &Done, asked_once: bool) -> Said {
    let is_applied = match done.outcome {
        Outcome::Applied => true,
        Outcome::AlreadyApplied(_) => !asked_once,
        _ => false,
    };
    match (is_applied, done.state) {
        (true, Some(EncounterState::Active)) => Said::Right,
        (_, state) => Said::Wrong(format!("an enrollment: {:?}, {state:?}", done.outcome)),
    }
}

/// What a search must have found.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Who must come first; nobody is to be listed when `None`.
    pub(super) first: Option<PersonId>,
    /// How many there were to compare: those acknowledged before the search was asked for, and
    /// those asked for before it was answered.
    pub(super) eligible: RangeInclusive<u64>,
}

/// Checks an answer.
pub(super) fn identified(found: &Identified, wanted: &Wanted) -> Said {
    let Identified { is_complete, eligible, scanned, candidates, missing, .. } = found;
    if !is_complete || !missing.is_empty() {
        return match is_complete == &missing.is_empty() {
            true => Said::Incomplete,
            false => Said::Wrong(format!("complete: {is_complete}, but {}", reasons(missing))),
        };
    }
    if scanned != eligible || !wanted.eligible.contains(eligible) {
        let range = &wanted.eligible;
        return Said::Wrong(format!("complete with {scanned} of {eligible}, expected {range:?}"));
    }
    let persons: BTreeSet<PersonId> = candidates.iter().map(|c| c.person).collect();
    if persons.len() != candidates.len() {
        return Said::Wrong("a person is listed twice".to_owned());
    }
    if !candidates.is_sorted_by_key(|c| std::cmp::Reverse(c.score)) {
        return Said::Wrong("the list is not in order".to_owned());
    }
    if candidates.first().map(|c| c.person) != wanted.first {
        return Said::Wrong("the mate does not come first".to_owned());
    }
    Said::Right
}

fn reasons(missing: &[(replication::PartitionId, Missing)]) -> String {
    format!("{} partitions missing", missing.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use coordinator::Candidate;
    use replication::{EncounterId, PartitionId};

    fn done(outcome: Outcome, state: Option<EncounterState>) -> Done {
        Done { index: 9, outcome, state, is_searchable: false, receipt: None }
    }

    fn is_wrong(said: &Said) -> bool {
        matches!(said, Said::Wrong(_))
    }

    #[test]
    fn an_enrollment_is_active_and_was_carried_out_once() {
        let active = Some(EncounterState::Active);
        let again = done(Outcome::AlreadyApplied(3), active);
        assert_eq!(enrolled(&done(Outcome::Applied, active), true), Said::Right);
        assert!(is_wrong(&enrolled(&again, true)));
        assert_eq!(enrolled(&again, false), Said::Right);
        assert!(is_wrong(&enrolled(&done(Outcome::Conflict, active), false)));
        assert!(is_wrong(&enrolled(&done(Outcome::Applied, Some(EncounterState::Held)), true)));
        assert!(is_wrong(&enrolled(&done(Outcome::Applied, None), true)));
    }

    fn candidate(person: u128, score: u32) -> Candidate {
        Candidate { person: PersonId(person), encounter: EncounterId(person), score, rarity: score }
    }

    fn answer() -> Identified {
        Identified {
            search: 1,
            as_of: 9,
            is_complete: true,
            eligible: 50,
            scanned: 50,
            candidates: vec![candidate(7, 900), candidate(8, 40), candidate(9, 40)],
            missing: Vec::new(),
        }
    }

    fn check(change: impl FnOnce(&mut Identified)) -> Said {
        let mut found = answer();
        change(&mut found);
        identified(&found, &Wanted { first: Some(PersonId(7)), eligible: 40..=50 })
    }

    #[test]
    fn a_complete_answer_with_the_mate_first_is_right() {
        assert_eq!(check(|_| ()), Said::Right);
        assert_eq!(check(|found| (found.eligible, found.scanned) = (40, 40)), Said::Right);
    }

    #[test]
    fn whoever_is_left_out_is_noticed() {
        assert!(is_wrong(&check(|found| found.scanned = 49)));
        assert!(is_wrong(&check(|found| (found.eligible, found.scanned) = (39, 39))));
        assert!(is_wrong(&check(|found| (found.eligible, found.scanned) = (51, 51))));
    }

    #[test]
    fn an_incomplete_answer_must_say_so_itself() {
        let missing = || vec![(PartitionId(1), Missing::NoReplica)];
        let said = check(|found| (found.is_complete, found.missing) = (false, missing()));
        assert_eq!(said, Said::Incomplete);
        assert!(is_wrong(&check(|found| found.missing = missing())));
    }

    #[test]
    fn the_order_of_the_list_is_checked() {
        assert!(is_wrong(&check(|found| found.candidates.swap(0, 1))));
        assert!(is_wrong(&check(|found| found.candidates[0].person = PersonId(6))));
        assert!(is_wrong(&check(|found| found.candidates[2].person = PersonId(8))));
        assert!(is_wrong(&check(|found| found.candidates.clear())));
    }

    #[test]
    fn nobody_is_found_where_there_is_nobody() {
        let wanted = Wanted { first: None, eligible: 0..=0 };
        let nobody = |candidates| Identified { eligible: 0, scanned: 0, candidates, ..answer() };
        assert_eq!(identified(&nobody(Vec::new()), &wanted), Said::Right);
        assert!(is_wrong(&identified(&nobody(vec![candidate(1, 5)]), &wanted)));
    }
}
