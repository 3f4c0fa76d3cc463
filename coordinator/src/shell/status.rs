//! How a coordinator stands, for operators and probes.

use crate::Coordinator;
use crate::catalog::{NodeRow, PartitionRow};
use crate::command::Policy;
use crate::raft::{Membership, Role};
use crate::reconciler::target_among;
use replication::{CoordinatorId, DiskRoom, Epoch, Generation, LogIndex, NodeId, PartitionId};
use std::collections::BTreeSet;

/// See the module. Other coordinators may know more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Who it is.
    pub id: CoordinatorId,
    /// What it is in the replicated log.
    pub role: Role,
    /// Who leads, as far as it knows.
    pub leader: Option<CoordinatorId>,
    /// The latest term that it knows.
    pub term: u64,
    /// Entries up to here are committed, as far as it knows.
    pub committed: LogIndex,
    /// Entries up to here are applied.
    pub applied: LogIndex,
    /// Who decides.
    pub membership: Membership,
    /// Counts refoundings.
    pub generation: Generation,
    /// Version of the rules that all members can follow.
    pub feature_level: u32,
    /// The policy in force.
    pub policy: Policy,
    /// Encounters that were enrolled and not erased, rejected ones included.
    pub encounters: usize,
    /// Encounters that wait for their duplicate check.
    pub unchecked: usize,
    /// Encounters that wait for a human.
    pub held: usize,
    /// Audit records that no export made dispensable.
    pub audit_kept: usize,
    /// Where the log is, when the process last looked.
    pub disk: Option<DiskRoom>,
    /// Bytes of effects that replicas may still have to be told.
    pub retained_bytes: u64,
    /// Alarms since the start.
    pub alarms: u64,
    /// Ticks since the start: a number that stands still is a sign of trouble.
    pub ticks: u64,
    /// All nodes.
    pub nodes: Vec<NodeStatus>,
    /// All partitions.
    pub partitions: Vec<PartitionStatus>,
}

/// A node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeStatus {
    /// Which.
    pub node: NodeId,
    /// What the catalog says of it.
    pub row: NodeRow,
    /// Whether it reported lately.
    pub is_live: bool,
    /// Where its stores are, as it reported lately.
    pub disk: Option<DiskRoom>,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Which.
    pub partition: PartitionId,
    /// Counts changes of its placement.
    pub epoch: Epoch,
    /// Encounters that its replicas hold.
    pub alive: u32,
    /// Active ones among them.
    pub active: u32,
    /// Where it is to be now.
    pub replicas: Vec<ReplicaStatus>,
    /// Where it is pinned to; empty when it is not.
    pub pin: BTreeSet<NodeId>,
}

/// A replica of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Where.
    pub node: NodeId,
    /// Whether it had everything up to about now when the leader last looked.
    pub is_complete: bool,
    /// How far scans see and how far a crash loses nothing, if its node reported lately.
    pub reached: Option<(LogIndex, LogIndex)>,
}

impl Status {
    /// Whether it knows a leader and has applied what it knows to be committed: whether it can
    /// serve now.
    pub fn is_ready(&self) -> bool {
        self.leader.is_some() && self.applied >= self.committed
    }

    /// Where a partition belongs in the end.
    pub fn target(&self, partition: &PartitionStatus) -> BTreeSet<NodeId> {
        let nodes = self.nodes.iter().map(|node| (node.node, &node.row));
        let replicas = usize::from(self.policy.replication);
        target_among(nodes, replicas, Some(&partition.pin), partition.partition)
    }

    pub(super) fn of(core: &Coordinator, now: u64, (alarms, ticks): (u64, u64)) -> Self {
        let (member, catalog, view) = (core.member(), core.catalog(), core.view());
        let node = |(node, row): (&NodeId, &NodeRow)| {
            let report = view.live(*node, now);
            let disk = report.and_then(|report| report.disk);
            NodeStatus { node: *node, row: *row, is_live: report.is_some(), disk }
        };
        Self {
            id: member.id(),
            role: member.role(),
            leader: member.leader(),
            term: member.term(),
            committed: member.committed(),
            applied: catalog.applied(),
            membership: member.membership(),
            generation: catalog.generation(),
            feature_level: catalog.feature_level(),
            policy: *catalog.policy(),
            encounters: catalog.encounters().len(),
            unchecked: catalog.unchecked().count(),
            held: catalog.held().len(),
            audit_kept: catalog.audit().tail().len(),
            disk: core.disk(),
            retained_bytes: catalog.retained_bytes(),
            alarms,
            ticks,
            nodes: catalog.nodes().iter().map(node).collect(),
            partitions: catalog
                .partitions()
                .map(|(id, row)| partition(core, now, id, row))
                .collect(),
        }
    }
}

fn partition(core: &Coordinator, now: u64, id: PartitionId, row: &PartitionRow) -> PartitionStatus {
    let replica = |(node, is_complete): (&NodeId, &bool)| {
        let report = core.view().replica(*node, id, now);
        let reached = report.map(|report| (report.searchable, report.durable));
        ReplicaStatus { node: *node, is_complete: *is_complete, reached }
    };
    PartitionStatus {
        partition: id,
        epoch: row.placement.epoch,
        alive: row.summary.alive,
        active: row.summary.active,
        replicas: row.placement.replicas.iter().map(replica).collect(),
        pin: core.catalog().pin(id).cloned().unwrap_or_default(),
    }
}
