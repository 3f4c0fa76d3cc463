//! I12: one placement at a time, no complete replica leaves before others took its place, and in
//! the end nodes hold what they are to hold and nothing else.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::catalog::Placement;
use replication::{NodeId, PartitionId};
use std::collections::{BTreeMap, BTreeSet};

/// What was so after the entry before. An entry holds several commands: a node may be declared gone
/// after a placement in the same entry counted on it, and such a placement was right.
#[derive(Default)]
pub(super) struct PlacementRule {
    placements: BTreeMap<PartitionId, Placement>,
    present: BTreeSet<NodeId>,
    wanted: usize,
}

impl Invariant for PlacementRule {
    fn name(&self) -> &'static str {
        "I12"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Applied { is_first: true, .. } => {
                let wanted = self.wanted.min(usize::from(model.catalog.policy().replication));
                for (partition, row) in model.catalog.partitions() {
                    let now = &row.placement;
                    let before = self.placements.insert(partition, now.clone());
                    let before = before.unwrap_or_default();
                    if before == *now {
                        continue;
                    }
                    ensure(now.epoch >= before.epoch, || "an epoch came back".into())?;
                    let leaves = leaves(&before, now, model);
                    ensure(self.staying(&before, now) >= wanted || !leaves, || {
                        format!("partition {partition} lost a replica too early")
                    })?;
                }
                self.wanted = usize::from(model.catalog.policy().replication);
                let nodes = model.catalog.nodes().keys().copied();
                self.present = nodes.filter(|node| model.catalog.is_present(*node)).collect();
                Ok(())
            }
            Observation::Ended { replicas, .. } => {
                for (node, partition, _) in replicas {
                    let row = model.catalog.partition(*partition);
                    let placed = row.is_some_and(|r| r.placement.replicas.contains_key(node));
                    ensure(placed, || format!("node {node} still holds partition {partition}"))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a complete replica of a node that is not gone is no longer to be.
fn leaves(before: &Placement, now: &Placement, model: &Model) -> bool {
    before.replicas.iter().any(|(node, complete)| {
        *complete && !now.replicas.contains_key(node) && model.catalog.is_present(*node)
    })
}

impl PlacementRule {
    /// Complete replicas that stay, on nodes that were there.
    fn staying(&self, before: &Placement, now: &Placement) -> usize {
        let stays = |(node, complete): &(&NodeId, &bool)| {
            **complete && now.replicas.contains_key(node) && self.present.contains(node)
        };
        before.replicas.iter().filter(stays).count()
    }
}
