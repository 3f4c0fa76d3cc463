//! Every answer of a search is signed by a coordinator, with a certificate of the authority.

use crate::history::{Answer, History};

/// See the module.
pub(super) fn check(history: &History) -> Vec<String> {
    let answers = history.events.iter().filter_map(|event| match &event.answer {
        Answer::Found(found) => Some(found),
        _ => None,
    });
    let unsigned = answers.filter(|found| !found.is_signed);
    unsigned.map(|found| format!("an answer as of {} is not signed", found.as_of)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::made::made;
    use super::*;
    use crate::history::{Call, Found};

    #[test]
    fn an_answer_that_nobody_vouches_for_is_found() {
        assert_eq!(check(&made().found(1, 1, &[2]).history).len(), 0);
        let mut made = made();
        let found = Found { is_signed: false, ..made.answer(1, &[2]) };
        made.say(Call::Identify(1), Answer::Found(found));
        assert_eq!(check(&made.history).len(), 1);
    }
}
