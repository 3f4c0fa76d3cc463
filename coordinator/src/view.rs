//! What nodes last said of themselves. Never logged; every coordinator has its own view.

use replication::{LogIndex, NodeId, NodeReport, PartitionId, ReplicaReport};
use std::collections::BTreeMap;

/// Reports by node.
#[derive(Debug, Default)]
pub struct View {
    reports: BTreeMap<NodeId, (u64, NodeReport)>,
    /// Scans asked for and not answered, by node.
    outstanding: BTreeMap<NodeId, u32>,
    live_ms: u64,
}

impl View {
    /// A node counts as live for so long after a report.
    pub fn new(live_ms: u64) -> Self {
        Self { live_ms, ..Self::default() }
    }

    /// Takes a report.
    pub fn take(&mut self, report: NodeReport, now: u64) {
        self.reports.insert(report.identity.node, (now, report));
    }

    /// The report of a node that is live.
    pub fn live(&self, node: NodeId, now: u64) -> Option<&NodeReport> {
        let (at, report) = self.reports.get(&node)?;
        (now < at + self.live_ms).then_some(report)
    }

    /// What a live node said of one of its replicas.
    pub fn replica(
        &self,
        node: NodeId,
        partition: PartitionId,
        now: u64,
    ) -> Option<&ReplicaReport> {
        self.live(node, now)?.replicas.iter().find(|replica| replica.partition == partition)
    }

    /// How far a replica was durable when its node last said so, live or not.
    pub fn durable(&self, node: NodeId, partition: PartitionId) -> Option<&ReplicaReport> {
        let (_, report) = self.reports.get(&node)?;
        report.replicas.iter().find(|replica| replica.partition == partition)
    }

    /// Counts a scan asked for.
    pub fn asked(&mut self, node: NodeId) {
        *self.outstanding.entry(node).or_default() += 1;
    }

    /// Counts a scan answered or given up.
    pub fn answered(&mut self, node: NodeId) {
        if let Some(count) = self.outstanding.get_mut(&node) {
            *count = count.saturating_sub(1);
        }
    }

    /// The better a replica, the smaller: behind the barrier or not, load, lag.
    pub fn rank(
        &self,
        node: NodeId,
        partition: PartitionId,
        min_index: LogIndex,
        now: u64,
    ) -> Option<(u32, u64)> {
        let replica = self.replica(node, partition, now)?;
        let load = self.outstanding.get(&node).copied().unwrap_or(0);
        Some((load, min_index.saturating_sub(replica.searchable)))
    }
}
