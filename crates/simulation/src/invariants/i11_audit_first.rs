//! I11: no answer leaves without its intent and outcome on record, and the chain holds.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::{Identify, Request, Response};

pub(super) struct AuditFirst;

impl Invariant for AuditFirst {
    fn name(&self) -> &'static str {
        "I11"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Answered { request, response: Response::Identified(found), .. } => {
                let records = model.catalog.audit().tail();
                let listed: Vec<_> =
                    found.candidates.iter().map(|c| (c.encounter, c.score)).collect();
                // Searches of one entry of the log have one barrier.
                let mut searches = records.iter().filter_map(|record| match &record.event {
                    AuditEvent::Outcome(outcome)
                        if outcome.as_of == found.as_of && outcome.candidates == listed =>
                    {
                        Some(outcome.search)
                    }
                    _ => None,
                });
                let Request::Identify(asked) = &request.request else { return Ok(()) };
                let is_closed = searches.clone().next().is_some();
                let intended = searches.any(|search| {
                    records.iter().any(|record| {
                        record.index == found.as_of && announces(&record.event, search, asked)
                    })
                });
                ensure(is_closed, || "an answer left before its outcome".into())?;
                ensure(intended, || "an answer left without its intent".into())
            }
            Observation::Answered {
                request, response: Response::Fetched { as_of, .. }, ..
            } => {
                let Request::Fetch(asked) = &request.request else { return Ok(()) };
                let is_it = |record: &&AuditRecord| match &record.event {
                    AuditEvent::Fetch(intent) => {
                        record.index == *as_of
                            && (intent.encounter, intent.case) == (asked.encounter, asked.case)
                    }
                    _ => false,
                };
                let on_record = model.catalog.audit().tail().iter().any(|record| is_it(&record));
                ensure(on_record, || "a record was handed out before its intent".into())
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

/// Whether a record says that this search is about to start, and of whom.
fn announces(event: &AuditEvent, search: u128, asked: &Identify) -> bool {
    match (event, asked.person) {
        (AuditEvent::Intent(intent), None) => intent.search == search,
        (AuditEvent::Verification(intent), Some(person)) => {
            intent.search.search == search && intent.person == person
        }
        _ => false,
    }
}
