//! I9: of two matching encounters of different persons, the later one is active only when a human
//! said so or nobody asked for a check.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use crate::scorer::finger_of;
use coordinator::catalog::EncounterRow;
use coordinator::command::DedupPolicy;
use replication::{EncounterId, EncounterState};

pub(super) struct UniqueRegistration;

impl Invariant for UniqueRegistration {
    fn name(&self) -> &'static str {
        "I9"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        let Observation::Applied { is_first: true, index, .. } = seen else { return Ok(()) };
        let activated = model.lives.iter().filter(|(_, life)| {
            let last = life.changes.last();
            last.is_some_and(|(at, now)| {
                at == index && now.is_some_and(|(state, _)| state == EncounterState::Active)
            })
        });
        for (encounter, life) in activated {
            let finger = finger_of(&life.record.payload);
            let same = model.lives.iter().filter(|(other, life)| {
                *other != encounter && finger_of(&life.record.payload) == finger
            });
            for (other, _) in same {
                ensure(!both_wrongly_active(model, *encounter, *other), || {
                    format!(
                        "encounters {encounter} and {other} of one finger are active at {index}"
                    )
                })?;
            }
        }
        Ok(())
    }
}

fn both_wrongly_active(model: &Model, one: EncounterId, other: EncounterId) -> bool {
    let (earlier, later) = (one.min(other), one.max(other));
    let active = |id| model.catalog.encounters().get(id).filter(|row| is_active(row));
    let (Some(one), Some(other)) = (active(&earlier), active(&later)) else { return false };
    // Of two in one entry of the log, the one with the higher id counts as the later.
    let later = if one.enrolled_at > other.enrolled_at { one } else { other };
    let same_person = model.catalog.resolve(one.person) == model.catalog.resolve(other.person);
    let relinked = [one, other].iter().any(|row| row.person != row.home_person);
    let overridden = one.is_overridden || other.is_overridden;
    later.dedup == DedupPolicy::Enforce && !same_person && !relinked && !overridden
}

fn is_active(row: &EncounterRow) -> bool {
    row.state == EncounterState::Active
}
