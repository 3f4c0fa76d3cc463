//! When a run is at rest, and what is looked at in the end.

use super::World;
use crate::invariants::Violation;
use crate::observation::Observation;
use crate::stores::SimulatedKv;
use replication::{Applier, NodeId, PartitionId};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// What is not yet as it must be in the end; empty when everything is.
    pub(super) fn why_not_at_rest(&self) -> String {
        let applied = self.model.applied();
        for (id, machine) in self.coordinators.iter().filter(|(_, m)| !m.is_gone) {
            let Some((coordinator, _)) = &machine.running else {
                return format!("coordinator {id} does not run");
            };
            if coordinator.catalog().applied() + 10 < applied {
                return format!("coordinator {id} is behind");
            }
        }
        if self.model.catalog.unchecked().next().is_some() {
            let lost = self.model.catalog.partitions().find(|(partition, row)| {
                row.placement.replicas.keys().all(|node| self.replica(*node, *partition).is_none())
            });
            return match lost {
                Some((partition, _)) => format!("partition {partition} has no replica left"),
                None => "a duplicate check is not done".into(),
            };
        }
        if let Some(pending) = self.workload.pending.values().find(|p| p.retries > 0) {
            return format!("request {} is not answered", pending.request.id);
        }
        for (partition, row) in self.model.catalog.partitions() {
            let target = coordinator::reconciler::target(&self.model.catalog, partition);
            let placed: BTreeSet<NodeId> = row.placement.replicas.keys().copied().collect();
            if placed != target || row.placement.replicas.values().any(|complete| !complete) {
                let replicas = &row.placement.replicas;
                return format!("partition {partition} is at {replicas:?}, not at {target:?}");
            }
            for node in placed {
                let applier = self.replica(node, partition);
                if applier.is_none_or(|a| a.searchable() + 10 < applied) {
                    return format!("node {node} is behind with partition {partition}");
                }
            }
        }
        for (id, machine) in &self.nodes {
            let Some(host) = &machine.running else { continue };
            let placed = |partition| {
                let row = self.model.catalog.partition(partition);
                row.is_some_and(|row| row.placement.replicas.contains_key(id))
            };
            // Nobody tells a removed node what to hold.
            if self.model.catalog.is_present(*id) && !host.partitions().all(placed) {
                return format!("node {id} holds what it is not to hold");
            }
        }
        String::new()
    }

    pub(crate) fn replica(
        &self,
        node: NodeId,
        partition: PartitionId,
    ) -> Option<&Applier<SimulatedKv>> {
        let host = self.nodes.get(&node)?.running.as_ref()?;
        host.appliers().find(|(id, _)| *id == partition).map(|(_, applier)| applier)
    }

    pub(super) fn end(&mut self) -> Result<(), Violation> {
        let coordinators = self.coordinators.iter().filter_map(|(id, machine)| {
            let (coordinator, _) = machine.running.as_ref()?;
            Some((*id, coordinator.catalog()))
        });
        let applied = self.model.applied();
        let coordinators: Vec<_> =
            coordinators.filter(|(_, catalog)| catalog.applied() == applied).collect();
        let mut replicas = Vec::new();
        for (id, machine) in &self.nodes {
            let Some(host) = &machine.running else { continue };
            if !self.model.catalog.is_present(*id) {
                continue;
            }
            let appliers: BTreeMap<_, _> = host.appliers().collect();
            replicas.extend(host.partitions().map(|p| (*id, p, appliers.get(&p).copied())));
        }
        let seen = Observation::Ended { coordinators, replicas };
        self.invariants.watch(&seen, &self.model)
    }
}
