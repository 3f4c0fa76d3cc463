//! I3: after a crash a replica is at some index, never between two.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use replication::Summary;

pub(super) struct AtomicApply;

impl Invariant for AtomicApply {
    fn name(&self) -> &'static str {
        "I3"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        let Observation::Replica { node, partition, applier, was_opened: true, .. } = seen else {
            return Ok(());
        };
        let mut summary = Summary::default();
        applier.records().values().for_each(|record| summary.add(record));
        let expected = model.summary_at(*partition, applier.searchable());
        ensure(summary == expected, || {
            format!("node {node} opened partition {partition} between two indexes")
        })
    }
}
