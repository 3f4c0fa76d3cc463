//! I8: nobody is listed who was erased before the search, or was never eligible since.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::{Request, Response};

pub(super) struct NoGhosts;

impl Invariant for NoGhosts {
    fn name(&self) -> &'static str {
        "I8"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        let Observation::Answered { request, response: Response::Identified(found), .. } = seen
        else {
            return Ok(());
        };
        let Request::Identify(asked) = &request.request else { return Ok(()) };
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
}
