//! An answer that says it is complete lists everybody with this finger and counts everybody; any
//! answer lists only whom somebody enrolled.

use crate::history::{Event, Found, History, Life, SubjectNumber};
use coordinator::command::DedupPolicy;
use replication::EncounterId;
use std::collections::BTreeMap;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let lives = history.lives();
    let counts = Counts::of(&lives);
    let numbers = history.numbers();
    let mut broken = Vec::new();
    for (event, finger, found) in history.searches() {
        let mut wrong = |what: String| {
            broken.push(format!("a search as of {} for finger {finger} {what}", found.as_of));
        };
        strangers(history, &numbers, &lives, event, found).into_iter().for_each(&mut wrong);
        if !found.is_complete {
            continue;
        }
        missed(history, &lives, event, finger, found).into_iter().for_each(&mut wrong);
        let Found { eligible, scanned, missing, .. } = *found;
        if eligible != scanned || missing > 0 {
            wrong(format!(
                "is complete with {scanned} of {eligible}, {missing} partitions missing"
            ));
        }
        let (least, most) = counts.between(event);
        if !(least..=most).contains(&eligible) {
            wrong(format!("counts {eligible}, between {least} and {most} expected"));
        }
    }
    broken
}

/// Whether a search must have compared somebody.
fn is_due(life: &Life, policy: DedupPolicy, event: &Event, found: &Found) -> bool {
    let unchecked = policy != DedupPolicy::Enforce;
    let by_index = unchecked && life.enrolled_at.is_some_and(|at| at <= found.as_of);
    let there = life.active_us < event.asked_us || by_index;
    there && life.erase_asked_us > event.answered_us
}

fn missed(
    history: &History,
    lives: &[Life],
    event: &Event,
    finger: u64,
    found: &Found,
) -> Vec<String> {
    let own = history.subjects.iter().enumerate().filter(|(_, subject)| subject.finger == finger);
    own.filter(|(number, subject)| {
        is_due(&lives[*number], subject.policy, event, found)
            && found.candidates.iter().all(|c| c.encounter != subject.encounter)
    })
    .map(|(number, _)| format!("is complete and lacks subject {number}"))
    .collect()
}

/// Candidates whom nobody asked to enroll, that are not of their person, or that come twice.
fn strangers(
    history: &History,
    numbers: &BTreeMap<EncounterId, SubjectNumber>,
    lives: &[Life],
    event: &Event,
    found: &Found,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (rank, candidate) in found.candidates.iter().enumerate() {
        let real = numbers.get(&candidate.encounter).is_some_and(|&number| {
            history.subjects[number].person == candidate.person
                && lives[number].asked_us < event.answered_us
        });
        if !real {
            wrong.push(format!(
                "lists encounter {:032x}, which nobody enrolled",
                candidate.encounter.0
            ));
        }
        if found.candidates[..rank].iter().any(|other| other.person == candidate.person) {
            wrong.push(format!("lists person {:032x} twice", candidate.person.0));
        }
    }
    wrong
}

/// Times, in order, from which the number of active encounters can be bounded.
struct Counts {
    active_us: Vec<u64>,
    erase_asked_us: Vec<u64>,
    asked_us: Vec<u64>,
    gone_us: Vec<u64>,
}

impl Counts {
    fn of(lives: &[Life]) -> Self {
        let sorted = |of: fn(&Life) -> u64| {
            let mut times: Vec<u64> = lives.iter().map(of).collect();
            times.sort_unstable();
            times
        };
        Self {
            active_us: sorted(|life| life.active_us),
            // Of those alone who were active, so that it can be taken off their number.
            erase_asked_us: sorted(|life| life.erase_asked_us.max(life.active_us)),
            asked_us: sorted(|life| life.asked_us),
            gone_us: sorted(|life| life.erased_us.min(life.held_us)),
        }
    }

    /// The least and the most that a search can have found eligible.
    fn between(&self, event: &Event) -> (u64, u64) {
        let before = |times: &[u64], us| times.partition_point(|time| *time < us) as u64;
        let active = before(&self.active_us, event.asked_us);
        let maybe_erased = before(&self.erase_asked_us, event.answered_us);
        let asked = before(&self.asked_us, event.answered_us);
        let gone = before(&self.gone_us, event.asked_us);
        (active.saturating_sub(maybe_erased), asked.saturating_sub(gone))
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;
    use crate::history::{Answer, Call};

    #[test]
    fn a_complete_answer_that_lacks_somebody_is_found() {
        assert_eq!(check(&made().enrolled(2, 10).found(1, 1, &[2]).history), [""; 0]);
        assert_eq!(check(&made().enrolled(2, 10).found(1, 1, &[]).history).len(), 1);
        // Another finger is no business of this search.
        assert_eq!(check(&made().enrolled(2, 10).found(2, 1, &[]).history), [""; 0]);
    }

    #[test]
    fn an_unchecked_enrollment_counts_from_its_index() {
        let beside = |at| {
            let mut made = made();
            made.enrolled(4, at);
            let found = made.answer(1, &[]);
            made.during(1, Call::Identify(3), Answer::Found(found));
            check(&made.history).len()
        };
        assert_eq!((beside(1000), beside(1001)), (1, 0));
    }

    #[test]
    fn an_incomplete_answer_may_lack_somebody_and_still_invents_nobody() {
        let incomplete = |numbers: &[usize]| {
            let mut made = made();
            made.enrolled(2, 10);
            let found = Found { is_complete: false, missing: 1, ..made.answer(0, numbers) };
            made.say(Call::Identify(1), Answer::Found(found));
            check(&made.history).len()
        };
        assert_eq!((incomplete(&[]), incomplete(&[2]), incomplete(&[3])), (0, 0, 1));
    }

    #[test]
    fn wrong_counts_are_found() {
        assert_eq!(check(&made().enrolled(2, 10).found(1, 0, &[2]).history).len(), 1);
        assert_eq!(check(&made().enrolled(2, 10).found(1, 2, &[2]).history).len(), 1);
        let mut short = made();
        short.enrolled(2, 10).enrolled(3, 11);
        let found = Found { scanned: 1, ..short.answer(2, &[2]) };
        short.say(Call::Identify(1), Answer::Found(found));
        assert_eq!(check(&short.history).len(), 1);
        let mut erased = made();
        erased.enrolled(2, 10).enrolled(3, 11).erased(3, 12).found(1, 2, &[2]);
        assert_eq!(check(&erased.history).len(), 1);
    }

    #[test]
    fn a_person_listed_twice_is_found() {
        assert_eq!(check(&made().enrolled(2, 10).found(1, 1, &[2, 2]).history).len(), 1);
    }
}
