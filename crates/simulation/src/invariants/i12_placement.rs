//! I12: one placement at a time, no complete replica leaves before others took its place, and in
//! the end nodes hold what they are to hold and nothing else.

use super::{Invariant, ensure};
use crate::model::Model;
use crate::observation::Observation;
use coordinator::catalog::Placement;
use replication::PartitionId;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct PlacementRule(BTreeMap<PartitionId, Placement>);

impl Invariant for PlacementRule {
    fn name(&self) -> &'static str {
        "I12"
    }

    fn watch(&mut self, seen: &Observation<'_>, model: &Model) -> Result<(), String> {
        match seen {
            Observation::Applied { is_first: true, .. } => {
                for (partition, row) in model.catalog.partitions() {
                    let now = &row.placement;
                    let before = self.0.insert(partition, now.clone()).unwrap_or_default();
                    if before == *now {
                        continue;
                    }
                    ensure(now.epoch >= before.epoch, || "an epoch came back".into())?;
                    ensure(keeps_enough(model, &before, now), || {
                        format!("partition {partition} lost a replica too early")
                    })?;
                }
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

fn keeps_enough(model: &Model, before: &Placement, now: &Placement) -> bool {
    let leaves =
        before.replicas.iter().any(|(n, complete)| *complete && !now.replicas.contains_key(n));
    let stays = before.replicas.iter().filter(|(node, complete)| {
        **complete && now.replicas.contains_key(node) && model.catalog.is_present(**node)
    });
    !leaves || stays.count() >= model.catalog.replicas_wanted()
}
