//! Who was told to be erased is in no later answer and cannot come back.

use crate::history::{Answer, Became, Call, Event, History, Life};
use replication::EncounterState;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let lives = history.lives();
    let numbers = history.numbers();
    let mut broken = Vec::new();
    for event in &history.events {
        if let Some(number) = event.call.subject()
            && lives[number].erased_us < event.asked_us
            && let Some(what) = came_back(event)
        {
            broken.push(format!("subject {number} is erased, and {what}"));
        }
    }
    for (event, _, found) in history.searches() {
        for candidate in &found.candidates {
            let Some(&number) = numbers.get(&candidate.encounter) else { continue };
            let Life { erased_us, erased_at, .. } = lives[number];
            if erased_us < event.asked_us || erased_at.is_some_and(|at| at <= found.as_of) {
                let as_of = found.as_of;
                broken.push(format!(
                    "subject {number} is erased, and a search as of {as_of} lists it"
                ));
            }
        }
    }
    broken
}

/// What an answer about an erased subject should not say.
fn came_back(event: &Event) -> Option<String> {
    match (event.call, &event.answer) {
        (Call::Read(_), Answer::State(state)) if *state != Some(EncounterState::Erased) => {
            Some(format!("a read says {state:?}"))
        }
        (Call::Enroll(_) | Call::Conflict(_), Answer::Done(became, _))
            if *became != Became::Gone =>
        {
            Some(format!("an enrollment under its id ends with {became:?}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;
    use EncounterState::{Active, Erased};

    #[test]
    fn one_that_comes_back_is_found() {
        let erased = || {
            let mut made = made();
            made.enrolled(2, 10).erased(2, 20);
            made
        };
        assert_eq!(check(&erased().read(2, Some(Active)).history).len(), 1);
        assert_eq!(check(&erased().read(2, None).history).len(), 1);
        assert_eq!(check(&erased().found(1, 3, &[2]).history).len(), 1);
        assert_eq!(check(&erased().enrolled(2, 30).history).len(), 1);
        let mut good = erased();
        good.read(2, Some(Erased)).found(1, 0, &[]);
        good.say(Call::Enroll(2), Answer::Done(Became::Gone, None));
        assert_eq!(check(&good.history).len(), 0);
    }

    #[test]
    fn a_search_beside_the_erasure_is_judged_by_its_index() {
        let beside = |erased_at| {
            let mut made = made();
            made.enrolled(2, 10).erased(2, erased_at);
            let found = made.answer(1, &[2]);
            made.during(1, Call::Identify(1), Answer::Found(found));
            check(&made.history).len()
        };
        assert_eq!((beside(999), beside(1001)), (1, 0));
    }
}
