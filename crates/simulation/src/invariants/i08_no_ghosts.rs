//! I8: nobody is listed, or handed out, who was erased before the question, or was never eligible
//! since; and what is handed out is what was enrolled.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::{Identified, Identify, Request, Response};
use replication::{EncounterId, LogIndex, Payload};

pub(super) struct NoGhosts;

impl Invariant for NoGhosts {
    fn name(&self) -> &'static str {
        "I8"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        let Observation::Answered { request, response, .. } = seen else { return Ok(()) };
        match (&request.request, response) {
            (Request::Identify(asked), Response::Identified(found)) => listed(asked, found, model),
            (Request::Fetch(asked), Response::Fetched { as_of, payload }) => {
                handed_out(asked.encounter, *as_of, payload.as_ref(), model)
            }
            _ => Ok(()),
        }
    }
}

fn listed(asked: &Identify, found: &Identified, model: &Model) -> Result<(), String> {
    for candidate in &found.candidates {
        let erased = model.catalog.tombstones().get(&candidate.encounter);
        ensure(erased.is_none_or(|at| *at > found.as_of), || {
            format!("a candidate as of {} was erased at {erased:?}", found.as_of)
        })?;
        let life = model.lives.get(&candidate.encounter);
        let was = life.is_some_and(|l| l.ever(asked.scope, found.as_of, model.applied()));
        ensure(was, || "a candidate was not eligible at any time".into())?;
    }
    Ok(())
}

fn handed_out(
    encounter: EncounterId,
    as_of: LogIndex,
    payload: Option<&Payload>,
    model: &Model,
) -> Result<(), String> {
    let erased = model.catalog.tombstones().get(&encounter);
    let life = model.lives.get(&encounter);
    let Some(payload) = payload else {
        let row = model.catalog.encounters().get(&encounter);
        let is_there = row.is_some_and(|row| row.state.is_alive() && row.enrolled_at <= as_of);
        return ensure(!is_there, || "what is there was not handed out".into());
    };
    ensure(erased.is_none_or(|at| *at > as_of), || {
        format!("what was handed out as of {as_of} was erased at {erased:?}")
    })?;
    let is_same = life.is_some_and(|life| life.record.payload == *payload);
    ensure(is_same, || "something else was handed out than was enrolled".into())
}
