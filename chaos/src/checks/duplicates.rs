//! Of two checked encounters of one finger at most one is active.

use crate::history::{History, NEVER, SubjectNumber};
use coordinator::command::DedupPolicy;
use std::collections::BTreeMap;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let lives = history.lives();
    let mut alike: BTreeMap<u64, Vec<SubjectNumber>> = BTreeMap::new();
    for (number, subject) in history.subjects.iter().enumerate() {
        if subject.policy == DedupPolicy::Enforce {
            alike.entry(subject.finger).or_default().push(number);
        }
    }
    let mut broken = Vec::new();
    for numbers in alike.values() {
        // One that was asked to be erased may have made room for the other.
        let active = |number: &&SubjectNumber| {
            lives[**number].active_us < NEVER && lives[**number].erase_asked_us == NEVER
        };
        let active: Vec<_> = numbers.iter().filter(active).collect();
        if active.len() > 1 {
            broken.push(format!("subjects {active:?} have one finger and are all active"));
        }
        // Before anybody was asked to be erased there is no such excuse.
        let first_erasure = numbers.iter().map(|number| lives[*number].erase_asked_us).min();
        let early = |number: &&SubjectNumber| Some(lives[**number].active_us) < first_erasure;
        let early: Vec<_> = numbers.iter().filter(early).collect();
        if early.len() > 1 && active.len() <= 1 {
            broken.push(format!("subjects {early:?} had one finger and were all active"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;
    use replication::EncounterState::Held;

    #[test]
    fn two_active_ones_of_one_finger_are_found() {
        assert_eq!(check(&made().enrolled(0, 10).enrolled(1, 11).history).len(), 1);
        assert_eq!(check(&made().enrolled(0, 10).enrolled(2, 11).history).len(), 0);
        assert_eq!(check(&made().enrolled(0, 10).read(1, Some(Held)).history).len(), 0);
        let mut later = made();
        later.enrolled(0, 10).enrolled(1, 11).erased(0, 12);
        assert_eq!(check(&later.history).len(), 1);
    }

    #[test]
    fn an_erasure_makes_room() {
        let mut made = made();
        made.enrolled(0, 10).erased(0, 11).enrolled(1, 12);
        assert_eq!(check(&made.history).len(), 0);
    }
}
