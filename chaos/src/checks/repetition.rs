//! Whatever is asked again was done once, at one index, and other content never takes its place.

use crate::history::{Answer, Became, Call, History, SubjectNumber};
use std::collections::BTreeMap;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let lives = history.lives();
    let mut told: BTreeMap<(&str, SubjectNumber), u64> = BTreeMap::new();
    let mut applied: BTreeMap<(&str, SubjectNumber), u64> = BTreeMap::new();
    let mut broken = Vec::new();
    for event in &history.events {
        let (Some(number), Answer::Done(became, _)) = (event.call.subject(), &event.answer) else {
            continue;
        };
        let call = event.call.name();
        if let Became::Applied(at) | Became::Already(at) = *became {
            let first = *told.entry((call, number)).or_insert(at);
            if first != at {
                broken.push(format!("{call} of subject {number} is done at {first} and at {at}"));
            }
        }
        if let Became::Applied(at) = *became
            && let Some(first) = applied.insert((call, number), at)
        {
            broken.push(format!("{call} of subject {number} is carried out at {first} and {at}"));
        }
        let enrolled = lives[number].acknowledged_us < event.asked_us;
        let wrong = match event.call {
            Call::Enroll(_) => *became == Became::Conflict || *became == Became::Gone,
            Call::Conflict(_) => enrolled && !matches!(became, Became::Conflict | Became::Gone),
            Call::Erase(_) => enrolled && *became == Became::Refused,
            Call::Read(_) | Call::Identify(_) | Call::Verify(_) | Call::Fetch(_) => false,
        };
        let erased = lives[number].erase_asked_us < event.answered_us;
        if wrong && !(erased && *became == Became::Gone) {
            broken.push(format!("{call} of subject {number} ends with {became:?}"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::made::{Made, made};
    use super::*;

    fn then(made: &mut Made, call: Call, became: Became) -> usize {
        check(&made.say(call, Answer::Done(became, None)).history).len()
    }

    #[test]
    fn what_is_done_twice_is_found() {
        let again = |became| then(made().enrolled(2, 10), Call::Enroll(2), became);
        assert_eq!(again(Became::Already(10)), 0);
        assert_eq!(again(Became::Already(11)), 1);
        assert_eq!(again(Became::Applied(10)), 1);
        assert_eq!(again(Became::Conflict), 1);
        assert_eq!(again(Became::Gone), 1);
        let erased = |became| then(made().enrolled(2, 10).erased(2, 20), Call::Erase(2), became);
        assert_eq!((erased(Became::Already(20)), erased(Became::Already(21))), (0, 1));
        assert_eq!(then(made().enrolled(2, 10), Call::Erase(2), Became::Refused), 1);
    }

    #[test]
    fn other_content_that_is_taken_is_found() {
        let other = |became| then(made().enrolled(2, 10), Call::Conflict(2), became);
        assert_eq!((other(Became::Conflict), other(Became::Already(10))), (0, 1));
        let gone = then(made().enrolled(2, 10).erased(2, 20), Call::Conflict(2), Became::Gone);
        assert_eq!(gone, 0);
    }
}
