//! One finger and one encounter have one score, whoever answers, and candidates have one order.

use crate::history::History;
use std::collections::BTreeMap;

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let mut scores = BTreeMap::new();
    let mut broken = Vec::new();
    for (_, finger, found) in history.searches() {
        let as_of = found.as_of;
        for candidate in &found.candidates {
            let score = *scores.entry((finger, candidate.encounter)).or_insert(candidate.score);
            if score != candidate.score {
                let other = candidate.score;
                broken
                    .push(format!("a pair scores {score}, and {other} in a search as of {as_of}"));
            }
        }
        let order = |c: &coordinator::Candidate| (u32::MAX - c.score, c.encounter);
        if !found.candidates.is_sorted_by_key(order) {
            broken.push(format!("candidates of a search as of {as_of} are out of order"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;

    #[test]
    fn a_score_that_changes_is_found() {
        assert_eq!(check(&made().found(1, 2, &[2, 3]).found(1, 2, &[2, 3]).history).len(), 0);
        // The rank decides the score of a made answer.
        assert_eq!(check(&made().found(1, 2, &[2, 3]).found(1, 1, &[3]).history).len(), 1);
    }

    #[test]
    fn candidates_out_of_order_are_found() {
        let mut made = made();
        let mut found = made.answer(2, &[2, 3]);
        found.candidates.swap(0, 1);
        made.say(crate::history::Call::Identify(1), crate::history::Answer::Found(found));
        assert_eq!(check(&made.history).len(), 1);
    }
}
