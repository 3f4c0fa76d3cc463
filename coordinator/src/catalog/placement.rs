//! Nodes, and which of them hold a partition.

use super::Catalog;
use crate::command::{
    NodeState, Outcome, PINS_SINCE, PinPartition, Refusal, RegisterNode, ReportReplica,
    SetNodeState, SetReplicas,
};
use replication::{Epoch, Mutation, NodeId, PartitionId, code_struct, is_mutated};
use std::collections::BTreeMap;

/// A node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRow {
    /// Drawn when its disk was first used.
    pub incarnation: u64,
    /// Where it stands.
    pub site: u16,
    /// Relative room.
    pub capacity: u32,
    /// What is planned with it.
    pub state: NodeState,
}

code_struct!(NodeRow { incarnation, site, capacity, state });

/// Which nodes hold a partition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// Counts changes.
    pub epoch: Epoch,
    /// Whether each replica is complete.
    pub replicas: BTreeMap<NodeId, bool>,
}

code_struct!(Placement { epoch, replicas });

impl Catalog {
    pub(super) fn register_node(&mut self, register: RegisterNode) -> Outcome {
        let RegisterNode { node, incarnation, site, capacity } = register;
        if let Some(row) = self.nodes.get(&node) {
            // A new disk is a new id.
            let same = row.incarnation == incarnation;
            return if same { Outcome::AlreadyApplied(0) } else { Outcome::Conflict };
        }
        let state = NodeState::Up;
        self.nodes.insert(node, NodeRow { incarnation, site, capacity, state });
        Outcome::Applied
    }

    pub(super) fn set_node_state(&mut self, change: SetNodeState) -> Outcome {
        let Some(row) = self.nodes.get_mut(&change.node) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        if row.state != change.expected || row.state == NodeState::Removed {
            return Outcome::Refused(Refusal::Stale);
        }
        row.state = change.state;
        if change.state == NodeState::Removed {
            self.pins.retain(|_, nodes| {
                nodes.remove(&change.node);
                !nodes.is_empty()
            });
        }
        self.placement_changed_at = Some(self.applied);
        Outcome::Applied
    }

    pub(super) fn set_replicas(&mut self, change: SetReplicas) -> Outcome {
        let SetReplicas { partition, nodes, expected_epoch, force } = change;
        let Some(row) = self.partition(partition) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        let placement = &row.placement;
        if placement.epoch != expected_epoch {
            return Outcome::Refused(Refusal::Stale);
        }
        let is_up = |node| self.nodes.get(node).is_some_and(|row| row.state == NodeState::Up);
        let added = nodes.iter().filter(|node| !placement.replicas.contains_key(node));
        if nodes.is_empty() || !added.into_iter().all(is_up) {
            return Outcome::Refused(Refusal::Value);
        }
        // Who is gone for good leaves nothing behind.
        let leaves_complete = placement
            .replicas
            .iter()
            .any(|(node, complete)| *complete && !nodes.contains(node) && self.is_present(*node));
        let staying = |(node, complete): &(&NodeId, &bool)| {
            **complete && nodes.contains(node) && self.is_present(**node)
        };
        let others = placement.replicas.iter().filter(staying).count();
        // However few nodes are up: several drained at once must not cost replicas.
        let allowed = others >= usize::from(self.policy.replication) || force;
        if leaves_complete && !allowed && !is_mutated(Mutation::ReplicaDroppedEarly) {
            return Outcome::Refused(Refusal::TooFewReplicas);
        }
        let kept = |node: &NodeId| placement.replicas.get(node).copied().unwrap_or(false);
        let replicas = nodes.iter().map(|node| (*node, kept(node))).collect();
        let epoch = Epoch(expected_epoch.0 + 1);
        self.partitions[usize::from(partition.0)].placement = Placement { epoch, replicas };
        self.placement_changed_at = Some(self.applied);
        Outcome::Applied
    }

    pub(super) fn pin_partition(&mut self, pin: PinPartition) -> Outcome {
        let PinPartition { partition, nodes, expected } = pin;
        if self.partition(partition).is_none() {
            return Outcome::Refused(Refusal::NotFound);
        }
        let current = self.pins.get(&partition).cloned().unwrap_or_default();
        if current != expected {
            return Outcome::Refused(Refusal::Stale);
        }
        let is_up = |node| self.nodes.get(node).is_some_and(|row| row.state == NodeState::Up);
        let fits = nodes.len() <= usize::from(self.policy.replication);
        if self.feature_level < PINS_SINCE || !fits || !nodes.iter().all(is_up) {
            return Outcome::Refused(Refusal::Value);
        }
        match nodes.is_empty() {
            true => drop(self.pins.remove(&partition)),
            false => drop(self.pins.insert(partition, nodes)),
        }
        Outcome::Applied
    }

    /// Puts new nodes in place of all there were: each holds whole what belongs to it. Streams
    /// begin here, so whoever comes later bootstraps from one of them.
    pub fn rehouse(&mut self, nodes: BTreeMap<NodeId, NodeRow>) {
        self.nodes = nodes;
        self.pins.clear();
        self.placement_changed_at = Some(self.applied);
        let ids: Vec<PartitionId> = self.partitions().map(|(partition, _)| partition).collect();
        for partition in ids {
            let target = crate::reconciler::target(self, partition);
            let row = &mut self.partitions[usize::from(partition.0)];
            let epoch = Epoch(row.placement.epoch.0 + 1);
            let replicas = target.into_iter().map(|node| (node, true)).collect();
            row.placement = Placement { epoch, replicas };
            row.begin_stream(self.applied);
        }
        self.retained_bytes = 0;
    }

    /// Whether a node is there, draining or not.
    pub fn is_present(&self, node: NodeId) -> bool {
        self.nodes.get(&node).is_some_and(|row| row.state != NodeState::Removed)
    }

    pub(super) fn report_replica(&mut self, report: ReportReplica) -> Outcome {
        let Some(row) = self.partitions.get_mut(usize::from(report.partition.0)) else {
            return Outcome::Refused(Refusal::NotFound);
        };
        if row.placement.epoch != report.epoch {
            return Outcome::Refused(Refusal::Stale);
        }
        match row.placement.replicas.get_mut(&report.node) {
            Some(complete) => {
                *complete = report.is_complete;
                self.placement_changed_at = Some(self.applied);
                Outcome::Applied
            }
            None => Outcome::Refused(Refusal::NotFound),
        }
    }
}
