//! I4: an effect leaves the stream only when enough replicas keep it through a crash.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use replication::{LogIndex, NodeId, PartitionId};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct TrimRule {
    /// What each disk really kept.
    durable: BTreeMap<PartitionId, BTreeMap<NodeId, LogIndex>>,
    trimmed: BTreeMap<PartitionId, LogIndex>,
}

impl Invariant for TrimRule {
    fn name(&self) -> &'static str {
        "I4"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Replica { node, partition, applier, is_synced: true, .. } => {
                let by_node = self.durable.entry(*partition).or_default();
                let durable = by_node.entry(*node).or_default();
                *durable = applier.searchable().max(*durable);
                Ok(())
            }
            // A replica given up keeps nothing. (A damaged disk broke the promise, not the node.)
            Observation::Reset { node, partition, was_damaged: false } => {
                self.durable.entry(*partition).or_default().remove(node);
                Ok(())
            }
            Observation::Applied { is_first: true, .. } => {
                let min_durable = usize::from(model.catalog.policy().min_durable);
                for (partition, row) in model.catalog.partitions() {
                    let before = self.trimmed.entry(partition).or_insert(row.trimmed_through);
                    if row.trimmed_through == *before {
                        continue;
                    }
                    *before = row.trimmed_through;
                    let kept = self.durable.get(&partition);
                    let reached = |durable: &&LogIndex| **durable >= row.trimmed_through;
                    let count = kept.map_or(0, |kept| kept.values().filter(reached).count());
                    ensure(count >= min_durable, || {
                        let through = row.trimmed_through;
                        format!("partition {partition} trimmed to {through}, durable on {count}")
                    })?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
