//! The stream of effects that replicas follow.

use crate::effect::Effect;
use crate::identity::{Epoch, Generation, LogIndex, NodeId, PartitionId};
use crate::summary::Summary;

/// Where a replica stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Of which partition.
    pub partition: PartitionId,
    /// Everything up to here is applied.
    pub after: LogIndex,
}

/// Asks a coordinator for what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailRequest {
    /// The generation of the node.
    pub generation: Generation,
    /// Who asks.
    pub node: NodeId,
    /// For which replicas.
    pub positions: Vec<Position>,
}

/// The effects on a partition in `after + 1 ..= through`. An index without effects is not listed,
/// and still counts as passed: so idle partitions advance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailSegment {
    /// The partition.
    pub partition: PartitionId,
    /// Epoch of its placement at the coordinator.
    pub epoch: Epoch,
    /// The replica must have reached this.
    pub after: LogIndex,
    /// It is at this afterwards.
    pub through: LogIndex,
    /// In index order.
    pub entries: Vec<(LogIndex, Vec<Effect>)>,
    /// What the catalog says the partition held at `after`, where it still knows.
    pub expected: Option<Summary>,
}

/// A coordinator's answer to a [`TailRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailAnswer {
    /// The generation of the coordinator.
    pub generation: Generation,
    /// What follows, by partition.
    pub segments: Vec<TailSegment>,
    /// Positions asked for at which the stream begins later: a replica that still stands there must
    /// bootstrap.
    pub trimmed: Vec<Position>,
}
