//! At most one coordinator leads in a term (Ongaro, 2014, section 3.2, election safety).

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use replication::CoordinatorId;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct OneLeaderPerTerm(BTreeMap<u64, CoordinatorId>);

impl Invariant for OneLeaderPerTerm {
    fn name(&self) -> &'static str {
        "one leader"
    }

    fn watch(&mut self, seen: &Observation<'_>, _: &Model) -> Result<(), String> {
        let Observation::Leads { coordinator, term } = seen else { return Ok(()) };
        let leader = *self.0.entry(*term).or_insert(*coordinator);
        ensure(leader == *coordinator, || {
            format!("coordinators {leader} and {coordinator} both lead in term {term}")
        })
    }
}
