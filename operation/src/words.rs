//! What outcomes and gaps mean, and what to do about them.

use coordinator::Missing;
use coordinator::command::{Outcome, Refusal};

/// Why an outcome is no success; `None` for one.
pub fn refusal(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Applied | Outcome::AlreadyApplied(_) => None,
        Outcome::Conflict => Some("the id is taken by something else"),
        Outcome::Gone => Some("it was erased, for good"),
        Outcome::Refused(refusal) => Some(match refusal {
            Refusal::Generation => "the cluster was refounded meanwhile: ask again",
            Refusal::RetentionFull => {
                "replicas are too far behind for new enrollments: look at `tanba cluster status`"
            }
            Refusal::NotFound => "the cluster does not know it",
            Refusal::Stale => "it changed meanwhile: look at it and ask again",
            Refusal::TooFewReplicas => "a replica would leave before another took its place",
            Refusal::Value => "a value is out of its range",
        }),
    }
}

/// Why a partition is missing in an answer.
pub fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::NoReplica => "no complete replica is up: start its nodes",
        Missing::NoAnswer => "its replicas did not answer in time: ask again",
        Missing::Unverified => "its answer could not be verified in time: ask again",
    }
}
