//! I1: what was acknowledged is there, whatever crashed since.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::command::{Command, ErasureTarget, Outcome};
use coordinator::{Request, Response};
use replication::EncounterId;
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Durability {
    enrolled: BTreeSet<EncounterId>,
    erased: BTreeSet<EncounterId>,
}

impl Invariant for Durability {
    fn name(&self) -> &'static str {
        "I1"
    }

    fn watch(&mut self, seen: &Observation<'_>, _: &Model) -> Result<(), String> {
        match seen {
            Observation::Refused { coordinator, expected, why } => ensure(*expected, || {
                format!("coordinator {coordinator} does not start, and nobody damaged it: {why}")
            }),
            Observation::Answered { request, response: Response::Done { outcome, .. }, .. } => {
                let done = matches!(outcome, Outcome::Applied | Outcome::AlreadyApplied(_));
                match &request.request {
                    Request::Enroll(enroll, _) if done => {
                        self.enrolled.insert(enroll.encounter);
                    }
                    Request::Command(Command::Erase(erase)) if done => {
                        if let ErasureTarget::Encounter(encounter) = erase.target {
                            self.erased.insert(encounter);
                        }
                    }
                    _ => {}
                }
                Ok(())
            }
            Observation::Ended { coordinators, .. } => {
                for (coordinator, catalog) in coordinators {
                    let known = |id: &&EncounterId| {
                        catalog.encounters().contains_key(id)
                            || catalog.tombstones().contains_key(id)
                    };
                    let lost = self.enrolled.iter().find(|id| !known(id));
                    ensure(lost.is_none(), || {
                        format!("coordinator {coordinator} lost an acknowledged enrollment")
                    })?;
                    let gone = |id: &&EncounterId| catalog.tombstones().contains_key(id);
                    let undone = self.erased.iter().find(|id| !gone(id));
                    ensure(undone.is_none(), || {
                        format!("coordinator {coordinator} lost an acknowledged erasure")
                    })?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
