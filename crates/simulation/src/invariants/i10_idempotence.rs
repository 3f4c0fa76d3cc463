//! I10: asking again changes nothing, at any later time; what is gone stays gone.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::command::Outcome;
use coordinator::{Request, Response};
use replication::{EncounterId, LogIndex};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Idempotence {
    /// Where an enrollment was carried out.
    enrolled: BTreeMap<EncounterId, LogIndex>,
}

impl Invariant for Idempotence {
    fn name(&self) -> &'static str {
        "I10"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Applied { is_first: true, index, .. } => {
                let changed = |life: &&crate::model::Life| {
                    life.changes.last().is_some_and(|(at, _)| at == index)
                };
                for life in model.lives.values().filter(changed) {
                    let gone = life.changes.iter().position(|(_, now)| now.is_none());
                    let last = life.changes.len() - 1;
                    ensure(gone.is_none_or(|at| at == last), || {
                        format!("an encounter that was gone changes at {index}")
                    })?;
                }
                Ok(())
            }
            Observation::Answered {
                request,
                response: Response::Done { index, outcome, .. },
                ..
            } => {
                let Request::Enroll(enroll, _) = &request.request else { return Ok(()) };
                let life = model.lives.get(&enroll.encounter);
                let content = life.map(|life| life.record.content);
                match outcome {
                    Outcome::Applied => {
                        let first = self.enrolled.insert(enroll.encounter, *index);
                        ensure(first.is_none_or(|first| first == *index), || {
                            format!("an encounter was enrolled at {first:?} and at {index}")
                        })
                    }
                    Outcome::AlreadyApplied(at) => {
                        ensure(content == Some(enroll.content), || {
                            "other content is taken for a repetition".into()
                        })?;
                        let first = life.map(|life| life.record.enrolled_at);
                        ensure(first == Some(*at), || {
                            format!("enrolled at {first:?}, and said to be at {at}")
                        })
                    }
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}
