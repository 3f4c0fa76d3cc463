//! No search is answered from before what anybody was told before it was asked for.

use crate::history::{Answer, Became, History};

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let mut told: Vec<(u64, u64)> = history
        .events
        .iter()
        .filter_map(|event| match &event.answer {
            Answer::Done(Became::Applied(at) | Became::Already(at), _) => {
                Some((event.answered_us, *at))
            }
            Answer::Found(found) => Some((event.answered_us, found.as_of)),
            _ => None,
        })
        .collect();
    told.sort_unstable();
    // The highest index that was told up to each of these times.
    let mut highest = 0;
    for (_, at) in &mut told {
        highest = highest.max(*at);
        *at = highest;
    }
    let mut broken = Vec::new();
    for (event, _, found) in history.searches() {
        let before = told.partition_point(|(us, _)| *us < event.asked_us);
        let Some((_, known)) = before.checked_sub(1).map(|last| told[last]) else { continue };
        if found.as_of < known {
            broken.push(format!("a search as of {} was asked for after {known}", found.as_of));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;

    #[test]
    fn an_answer_from_the_past_is_found() {
        assert_eq!(check(&made().enrolled(2, 1000).found(1, 1, &[2]).history).len(), 0);
        assert_eq!(check(&made().enrolled(2, 1001).found(1, 1, &[2]).history).len(), 1);
        // What is told afterwards does not matter.
        assert_eq!(check(&made().found(1, 0, &[]).enrolled(2, 1001).history).len(), 0);
        // The highest counts, not the latest.
        let mut made = made();
        assert_eq!(
            check(&made.enrolled(2, 1001).enrolled(3, 5).found(1, 2, &[2]).history).len(),
            1
        );
    }
}
