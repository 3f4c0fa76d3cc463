//! How a node stands, for operators and probes.

use crate::ReplicaStores;
use replication::{Host, LogIndex, NodeIdentity, PartitionId};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Who it is.
    pub identity: NodeIdentity,
    /// What it holds or is about to.
    pub replicas: Vec<ReplicaStatus>,
    /// Scans that wait for their replicas or for others to end.
    pub scans_waiting: usize,
    /// Scans that were handed to the scanner.
    pub scans_running: usize,
    /// Replicas that were found damaged since the start, and given up.
    pub quarantined: u64,
    /// Ticks since the start: a number that stands still is a sign of trouble.
    pub ticks: u64,
}

/// A replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Of which partition.
    pub partition: PartitionId,
    /// How it stands; `None` while it waits for a checkpoint.
    pub open: Option<OpenReplica>,
}

/// A replica that has content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReplica {
    /// Scans see everything up to here.
    pub searchable: LogIndex,
    /// A crash loses nothing up to here.
    pub durable: LogIndex,
    /// Encounters in it.
    pub alive: u32,
    /// Active ones among them.
    pub active: u32,
}

impl Status {
    pub(super) fn of(host: &Host<ReplicaStores>, quarantined: u64, ticks: u64) -> Self {
        let open = |partition| {
            let (_, applier) = host.appliers().find(|(held, _)| *held == partition)?;
            let (alive, active) = (applier.summary().alive, applier.summary().active);
            let (searchable, durable) = (applier.searchable(), applier.durable());
            Some(OpenReplica { searchable, durable, alive, active })
        };
        let replica = |partition| ReplicaStatus { partition, open: open(partition) };
        let (scans_waiting, scans_running) = host.scans();
        Self {
            identity: host.identity(),
            replicas: host.partitions().map(replica).collect(),
            scans_waiting,
            scans_running,
            quarantined,
            ticks,
        }
    }
}
