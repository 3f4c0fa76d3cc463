//! Brings placement to where it should be, one step at a time.
//!
//! Every step is a command of its own that the catalog may refuse; everything needed to go on is in
//! the catalog and in the reports of nodes. So a new leader goes on where the old one stopped.
//!
//! Target of a partition: the nodes that it is pinned to and that are up, then those with the
//! highest weighted hash of node and partition (rendezvous hashing, Thaler and Ravishankar, 1998),
//! so that one node more or less moves only what it must.

use crate::catalog::{Catalog, NodeRow, PartitionRow, Placement};
use crate::command::{Command, NodeState, ReportReplica, SetReplicas};
use crate::view::View;
use replication::{LogIndex, Mutation, NodeId, PartitionId, is_mutated};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Limits of the reconciler.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Partitions that change at a time.
    pub moves_max: usize,
    /// A replica this close to the end of the log is complete.
    pub lag_max: u64,
}

/// What the reconciler looks at.
pub struct Situation<'a> {
    /// What is agreed on.
    pub catalog: &'a Catalog,
    /// What nodes say.
    pub view: &'a View,
    /// Where placement or completeness changed last.
    pub placement_changed_at: LogIndex,
    /// Its limits.
    pub pace: Pace,
    /// The time.
    pub now: u64,
}

impl Situation<'_> {
    /// The next commands.
    pub fn plan(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        let moving = |row: &PartitionRow| self.is_moving(&row.placement);
        let mut moves = self.catalog.partitions().filter(|(_, row)| moving(row)).count();
        for (partition, row) in self.catalog.partitions() {
            let replicas = row.placement.replicas.iter();
            commands.extend(replicas.filter_map(|(node, complete)| {
                self.report(partition, *node, *complete).map(Command::ReportReplica)
            }));
            let Some(nodes) = next_nodes(self.catalog, partition, &row.placement) else { continue };
            if !self.may_drop(partition, &row.placement, &nodes) {
                continue;
            }
            let adds = nodes.iter().any(|node| !row.placement.replicas.contains_key(node));
            if adds && !row.placement.replicas.is_empty() && !moving(row) {
                if moves >= self.pace.moves_max {
                    continue;
                }
                moves += 1;
            }
            let expected_epoch = row.placement.epoch;
            let change = SetReplicas { partition, nodes, expected_epoch, force: false };
            commands.push(Command::SetReplicas(change));
        }
        commands
    }

    /// Whether a replica is on its way.
    fn is_moving(&self, placement: &Placement) -> bool {
        let replicas = placement.replicas.iter();
        replicas.into_iter().any(|(node, complete)| !complete && self.catalog.is_present(*node))
    }

    /// The catalog's word for a complete replica may be old: nothing leaves unless all that stay
    /// are there right now.
    fn may_drop(&self, id: PartitionId, placement: &Placement, nodes: &BTreeSet<NodeId>) -> bool {
        let drops = placement.replicas.keys().any(|node| !nodes.contains(node));
        !drops
            || nodes.iter().all(|node| self.is_near(id, *node) && self.is_kept(id, *node))
            || is_mutated(Mutation::ReplicaDroppedEarly)
    }

    /// Whether a live replica keeps, through a crash, all that has left the stream: one that does
    /// not has yet to come from the very replicas that would leave.
    fn is_kept(&self, id: PartitionId, node: NodeId) -> bool {
        let trimmed = self.catalog.partition(id).map_or(0, |row| row.trimmed_through);
        let replica = self.view.replica(node, id, self.now);
        replica.is_some_and(|replica| replica.durable >= trimmed)
    }

    /// What the catalog should know of a replica and does not.
    fn report(&self, partition: PartitionId, node: NodeId, known: bool) -> Option<ReportReplica> {
        let report = self.view.live(node, self.now)?;
        let epoch = self.catalog.partition(partition)?.placement.epoch;
        let is_complete = match report.replicas.iter().find(|r| r.partition == partition) {
            Some(replica) if replica.epoch != epoch => return None,
            Some(_) => known || self.is_near(partition, node),
            // It follows the latest placement and still has nothing to offer.
            None if report.assigned_as_of >= self.placement_changed_at => false,
            None => return None,
        };
        let report = ReportReplica { partition, node, epoch, is_complete };
        (is_complete != known).then_some(report)
    }

    /// Whether a live replica is near the end of the log.
    fn is_near(&self, partition: PartitionId, node: NodeId) -> bool {
        let replica = self.view.replica(node, partition, self.now);
        replica.is_some_and(|r| r.searchable + self.pace.lag_max >= self.catalog.applied())
    }
}

/// What the placement should be next; `None` when it is as it should be or must wait.
fn next_nodes(
    catalog: &Catalog,
    partition: PartitionId,
    placement: &Placement,
) -> Option<BTreeSet<NodeId>> {
    let target = target(catalog, partition);
    let current: BTreeSet<NodeId> = placement.replicas.keys().copied().collect();
    if target.is_empty() || target == current {
        return None;
    }
    if is_mutated(Mutation::ReplicaDroppedEarly) {
        return Some(target);
    }
    if let Some(missing) = target.iter().find(|node| !current.contains(node)) {
        if current.is_empty() {
            return Some(target);
        }
        return Some(current.iter().copied().chain([*missing]).collect());
    }
    let complete = |node: &NodeId| placement.replicas.get(node).copied().unwrap_or(false);
    if !target.iter().all(complete) {
        return None;
    }
    if target.len() >= usize::from(catalog.policy().replication) {
        return Some(target);
    }
    // With too few nodes up, those that drain keep what they have; only who is gone is let go.
    let kept: BTreeSet<NodeId> =
        current.iter().copied().filter(|node| catalog.is_present(*node)).collect();
    (kept != current).then_some(kept)
}

/// Where a partition belongs.
pub fn target(catalog: &Catalog, partition: PartitionId) -> BTreeSet<NodeId> {
    let nodes = catalog.nodes().iter().map(|(node, row)| (*node, row));
    let replicas = usize::from(catalog.policy().replication);
    target_among(nodes, replicas, catalog.pin(partition), partition)
}

/// Where a partition belongs that is pinned like this, with so many replicas on these nodes, or as
/// many as are up.
pub fn target_among<'a>(
    nodes: impl Iterator<Item = (NodeId, &'a NodeRow)>,
    replicas: usize,
    pin: Option<&BTreeSet<NodeId>>,
    partition: PartitionId,
) -> BTreeSet<NodeId> {
    let up = nodes.filter(|(_, row)| row.state == NodeState::Up);
    let rank = |(node, row): (NodeId, &NodeRow)| {
        let is_pinned = pin.is_some_and(|pin| pin.contains(&node));
        (is_pinned, weight(partition, node, row.capacity), node)
    };
    let mut ranked: Vec<(bool, u64, NodeId)> = up.map(rank).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    ranked.into_iter().take(replicas).map(|(_, _, node)| node).collect()
}

/// The highest of as many hashes as the node has room, so twice the room wins twice as often.
fn weight(partition: PartitionId, node: NodeId, capacity: u32) -> u64 {
    let hash = |ticket: u32| {
        let mut hasher = Sha256::new();
        hasher.update(partition.0.to_le_bytes());
        hasher.update(node.0.to_le_bytes());
        hasher.update(ticket.to_le_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| hash[i]))
    };
    (0..capacity.clamp(1, 64)).map(hash).max().unwrap_or(0)
}
