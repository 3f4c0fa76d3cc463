//! The rules, one file each, over a history.

mod acknowledged;
mod claims;
mod coverage;
mod duplicates;
mod erasures;
mod freshness;
mod receipts;
mod repetition;
mod scores;

#[cfg(test)]
mod made;

use crate::history::{History, Violation};

/// Says what is wrong with a history.
type Check = fn(&History) -> Vec<String>;

/// Every check with its name.
pub(crate) const CHECKS: [(&str, Check); 9] = [
    ("acknowledged enrollments are there", acknowledged::check),
    ("the erased stay gone", erasures::check),
    ("complete answers lack nobody", coverage::check),
    ("of two alike one is active", duplicates::check),
    ("asking again changes nothing", repetition::check),
    ("nothing older than what was told", freshness::check),
    ("scores and order do not change", scores::check),
    ("a question about one is answered about that one", claims::check),
    ("answers are signed", receipts::check),
];

/// Violations of one check that are told one by one.
const TOLD_MAX: usize = 10;

/// Everything that is wrong.
pub(crate) fn all(history: &History) -> Vec<Violation> {
    let broken = |(name, check): (&'static str, Check)| {
        let whats = check(history);
        let more = whats.len().saturating_sub(TOLD_MAX);
        let rest = (more > 0).then(|| format!("and {more} more"));
        let whats = whats.into_iter().take(TOLD_MAX).chain(rest);
        whats.map(move |what| Violation { check: name, what })
    };
    CHECKS.into_iter().flat_map(broken).collect()
}
