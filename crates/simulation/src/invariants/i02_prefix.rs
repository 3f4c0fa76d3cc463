//! I2: whoever is at an index holds the same there: replicas of a partition, and catalogs.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use replication::{Applier, EncounterId, Kv, PartitionId, Record, Summary};
use std::collections::BTreeMap;

pub(super) struct Prefix;

impl Invariant for Prefix {
    fn name(&self) -> &'static str {
        "I2"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Replica { node, partition, applier, was_opened, .. } => {
                let expected = model.summary_at(*partition, applier.searchable());
                let same = applier.summary().digest == expected.digest;
                ensure(same, || format!("node {node}, partition {partition}: another digest"))?;
                let sums = !was_opened || recomputed(applier) == *applier.summary();
                ensure(sums, || format!("node {node}, partition {partition}: a wrong digest"))
            }
            Observation::Started { coordinator, catalog } => {
                let same = catalog.applied() != model.applied()
                    || catalog.digest() == model.catalog.digest();
                ensure(same, || format!("coordinator {coordinator} started with another catalog"))
            }
            Observation::Ended { coordinators, replicas } => {
                for (coordinator, catalog) in coordinators {
                    let same = catalog.to_snapshot() == model.catalog.to_snapshot();
                    ensure(same, || format!("coordinator {coordinator} has another catalog"))?;
                }
                let open = replicas.iter().filter_map(|(n, p, a)| a.map(|a| (n, p, a)));
                for (node, partition, applier) in open {
                    let same = applier.searchable() != model.applied()
                        || content(applier.records()) == content(&expected(model, *partition));
                    ensure(same, || format!("node {node}, partition {partition}: other records"))?;
                    let sums = recomputed(applier) == *applier.summary();
                    ensure(sums, || format!("node {node}, partition {partition}: a wrong digest"))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn recomputed<K: Kv>(applier: &Applier<K>) -> Summary {
    let mut summary = Summary::default();
    applier.records().values().for_each(|record| summary.add(record));
    summary
}

fn expected(model: &Model, partition: PartitionId) -> BTreeMap<EncounterId, Record> {
    let alive = model.lives.iter().filter_map(|(id, life)| {
        let (_, now) = life.changes.last()?;
        let (state, galleries) = (*now)?;
        let home = model.catalog.home(life.record.person) == partition;
        home.then(|| (*id, Record { state, galleries, ..life.record.clone() }))
    });
    alive.collect()
}

fn content(records: &BTreeMap<EncounterId, Record>) -> Vec<&Record> {
    records.values().collect()
}
