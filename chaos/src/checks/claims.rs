//! Who says to be somebody is compared with that one and nobody else, and what is handed out of
//! somebody is what was enrolled.

use crate::history::{Answer, Call, Event, Found, History, Life};
use coordinator::command::DedupPolicy;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let lives = history.lives();
    let mut broken = Vec::new();
    for event in &history.events {
        let Some(number) = event.call.subject() else { continue };
        let (life, subject) = (&lives[number], &history.subjects[number]);
        let wrong = match (event.call, &event.answer) {
            (Call::Verify(_), Answer::Found(found)) => {
                let others = found.candidates.iter().filter(|c| c.encounter != subject.encounter);
                compared_with(life, subject.policy, event, found)
                    .or_else(|| (others.count() > 0).then(|| "lists somebody else".to_owned()))
            }
            (Call::Fetch(_), Answer::Fetched(same)) => handed_out(life, event, *same),
            _ => None,
        };
        broken.extend(wrong.map(|what| format!("a question about subject {number} {what}")));
    }
    broken
}

fn compared_with(life: &Life, policy: DedupPolicy, event: &Event, found: &Found) -> Option<String> {
    let Found { eligible, scanned, as_of, .. } = *found;
    let is_erased = life.erased_us < event.asked_us || life.erased_at.is_some_and(|at| at <= as_of);
    if is_erased && (eligible > 0 || !found.candidates.is_empty()) {
        return Some(format!("as of {as_of} compares {scanned} of {eligible}, and it is erased"));
    }
    if eligible > 1 || scanned > eligible {
        return Some(format!("compares {scanned} of {eligible}, and it has one encounter"));
    }
    let is_checked = policy == DedupPolicy::Enforce;
    let by_index = !is_checked && life.enrolled_at.is_some_and(|at| at <= as_of);
    let is_there = life.active_us < event.asked_us || by_index;
    let is_due = is_there && life.erase_asked_us > event.answered_us;
    let lacks = found.is_complete && is_due && found.candidates.is_empty();
    lacks.then(|| format!("as of {as_of} is complete and does not find it"))
}

fn handed_out(life: &Life, event: &Event, same: Option<bool>) -> Option<String> {
    let is_there = life.acknowledged_us < event.asked_us;
    let stays = life.erase_asked_us > event.answered_us;
    match same {
        Some(false) => Some("hands out something else than was enrolled".to_owned()),
        Some(true) if life.erased_us < event.asked_us => {
            Some("hands out what was erased".to_owned())
        }
        None if is_there && stays => Some("hands out nothing, and it is there".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;

    /// How many rules an answer breaks that compares so many and finds these subjects.
    fn claimed(erased: bool, of: u64, numbers: &[usize]) -> usize {
        let mut made = made();
        made.enrolled(2, 10);
        if erased {
            made.erased(2, 20);
        }
        let found = made.answer(of, numbers);
        made.say(Call::Verify(2), Answer::Found(found));
        check(&made.history).len()
    }

    #[test]
    fn a_claim_that_is_compared_with_the_wrong_ones_is_found() {
        assert_eq!(claimed(false, 1, &[2]), 0);
        assert_eq!(claimed(false, 1, &[3]), 1, "somebody else");
        assert_eq!(claimed(false, 2, &[2]), 1, "more than there are");
        assert_eq!(claimed(false, 1, &[]), 1, "it is there");
        assert_eq!(claimed(true, 0, &[]), 0);
        assert_eq!(claimed(true, 1, &[2]), 1, "it is erased");
    }

    #[test]
    fn what_is_handed_out_wrongly_is_found() {
        let handed = |erased, same| {
            let mut made = made();
            made.enrolled(2, 10);
            if erased {
                made.erased(2, 20);
            }
            made.say(Call::Fetch(2), Answer::Fetched(same));
            check(&made.history).len()
        };
        assert_eq!([Some(true), Some(false), None].map(|same| handed(false, same)), [0, 1, 1]);
        assert_eq!([Some(true), Some(false), None].map(|same| handed(true, same)), [1, 1, 0]);
    }
}
