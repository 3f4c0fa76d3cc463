//! Who was told to be enrolled, and was not asked to be erased, is there.

use crate::history::{Answer, Call, History};
use replication::EncounterState;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let lives = history.lives();
    let mut broken = Vec::new();
    for event in &history.events {
        let Some(number) = event.call.subject() else { continue };
        let life = &lives[number];
        let was_there = life.acknowledged_us < event.asked_us;
        if !was_there || life.erase_asked_us < event.answered_us {
            continue;
        }
        let state = match (event.call, &event.answer) {
            (Call::Read(_), Answer::State(state)) => *state,
            (Call::Enroll(_), Answer::Done(_, state)) => *state,
            _ => continue,
        };
        let lost = match state {
            None | Some(EncounterState::Rejected | EncounterState::Erased) => true,
            // What was settled stays so; nobody decides about who is held.
            Some(EncounterState::Pending) => life.active_us.min(life.held_us) < event.asked_us,
            Some(EncounterState::Held) => life.active_us < event.asked_us,
            Some(EncounterState::Active) => life.held_us < event.asked_us,
        };
        if lost {
            broken.push(format!(
                "subject {number} was told to be enrolled at {} us; at {} us it is {state:?}",
                life.acknowledged_us, event.answered_us
            ));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;
    use EncounterState::{Active, Erased, Held, Pending};

    #[test]
    fn a_lost_enrollment_is_found() {
        assert_eq!(check(&made().enrolled(2, 10).read(2, None).history).len(), 1);
        assert_eq!(check(&made().enrolled(2, 10).read(2, Some(Erased)).history).len(), 1);
        assert_eq!(check(&made().enrolled(2, 10).read(2, Some(Active)).history).len(), 0);
    }

    #[test]
    fn one_that_changes_its_settled_state_is_found() {
        assert_eq!(check(&made().enrolled(2, 10).read(2, Some(Pending)).history).len(), 1);
        assert_eq!(check(&made().enrolled(2, 10).read(2, Some(Held)).history).len(), 1);
        let mut held = made();
        held.enrolled(3, 10).history.events[0].answer =
            Answer::Done(crate::history::Became::Applied(10), Some(Pending));
        held.read(3, Some(Held));
        assert_eq!(check(&held.history).len(), 0);
        assert_eq!(check(&held.read(3, Some(Active)).history).len(), 1);
    }

    #[test]
    fn who_was_never_told_or_is_erased_is_not_missed() {
        assert_eq!(check(&made().read(2, None).history).len(), 0);
        let mut unknown = made();
        unknown.say(Call::Enroll(2), Answer::Unknown("late".into())).read(2, None);
        assert_eq!(check(&unknown.history).len(), 0);
        assert_eq!(check(&made().enrolled(2, 10).erased(2, 11).read(2, None).history).len(), 0);
    }
}
