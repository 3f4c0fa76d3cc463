//! I6: nobody is answered from a state older than what somebody was told before asking.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::Response;

pub(super) struct Freshness;

impl Invariant for Freshness {
    fn name(&self) -> &'static str {
        "I6"
    }

    fn watch(&mut self, seen: &Observation<'_>, _: &Model) -> Result<(), String> {
        match seen {
            Observation::Scanned { request: Some(request), answer } => {
                let oldest = answer.answers.iter().map(|answer| answer.snapshot_index).min();
                let barrier = request.min_index;
                ensure(oldest.is_none_or(|index| index >= barrier), || {
                    format!("node {} answers from before the barrier {barrier}", answer.node)
                })
            }
            Observation::Answered { asked_at_index: asked, response, .. } => match response {
                Response::Identified(found) => ensure(found.as_of > *asked, || {
                    format!("a search as of {} was asked for at {asked}", found.as_of)
                }),
                Response::Fetched { as_of, .. } => ensure(as_of > asked, || {
                    format!("a record as of {as_of} was asked for at {asked}")
                }),
                Response::State { index, .. }
                | Response::Held { index, .. }
                | Response::Audit { index, .. } => ensure(index >= asked, || {
                    format!("a read from {index} was asked for at {asked}")
                }),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}
