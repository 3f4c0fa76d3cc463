//! I11: no answer leaves without its intent and outcome on record, and the chain holds.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::Response;
use coordinator::catalog::AuditEvent;

pub(super) struct AuditFirst;

impl Invariant for AuditFirst {
    fn name(&self) -> &'static str {
        "I11"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Answered { response: Response::Identified(found), .. } => {
                let records = model.catalog.audit().tail();
                let listed: Vec<_> =
                    found.candidates.iter().map(|c| (c.encounter, c.score)).collect();
                let search = records.iter().rev().find_map(|record| match &record.event {
                    AuditEvent::Outcome(outcome)
                        if outcome.as_of == found.as_of && outcome.candidates == listed =>
                    {
                        Some(outcome.search)
                    }
                    _ => None,
                });
                let intended = search.is_some_and(|search| {
                    records.iter().any(|record| {
                        record.index == found.as_of
                            && matches!(&record.event,
                                AuditEvent::Intent(intent) if intent.search == search)
                    })
                });
                ensure(search.is_some(), || "an answer left before its outcome".into())?;
                ensure(intended, || "an answer left without its intent".into())
            }
            Observation::Ended { coordinators, .. } => {
                for (coordinator, catalog) in coordinators {
                    ensure(catalog.audit().verify(), || {
                        format!("the audit chain of coordinator {coordinator} is broken")
                    })?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
