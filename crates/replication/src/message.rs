//! What coordinators and nodes tell each other.

use crate::applier::Checkpoint;
use crate::bytes::Payload;
use crate::disk::DiskRoom;
use crate::effect::MarkKind;
use crate::identity::{
    CoordinatorId, EncounterId, Epoch, Generation, LogIndex, NodeId, NodeIdentity, PartitionId,
};
use crate::scan::{ScanAnswer, ScanRequest, ScanTarget};
use crate::scanner::{ResidentChange, ScanDone, ScanJob};
use crate::summary::SetDigest;
use crate::tail::{TailAnswer, TailRequest};

/// Asks a node for what was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordWanted {
    /// The generation of the asker.
    pub generation: Generation,
    /// Start of the asker.
    pub boot: u64,
    /// Comes back with the answer.
    pub number: u64,
    /// Where it is.
    pub target: ScanTarget,
    /// Which.
    pub encounter: EncounterId,
    /// The replica answers from a state at or past this index, or not at all.
    pub min_index: LogIndex,
}

/// What was enrolled, if the replica has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFound {
    /// The generation of the node.
    pub generation: Generation,
    /// Who answers.
    pub node: NodeId,
    /// Of the question.
    pub boot: u64,
    /// Of the question.
    pub number: u64,
    /// `None` when the replica is not here, is behind, or does not have it.
    pub payload: Option<Payload>,
}

/// A partition that a node is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Which.
    pub partition: PartitionId,
    /// Epoch of the placement that says so.
    pub epoch: Epoch,
    /// Other nodes whose replica is complete, to bootstrap from.
    pub sources: Vec<NodeId>,
}

/// Everything that a node is to hold, as of one index of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The generation of the coordinator.
    pub generation: Generation,
    /// What the coordinator had applied.
    pub as_of: LogIndex,
    /// What to hold; everything else is to be dropped.
    pub partitions: Vec<Assigned>,
}

/// To a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToNode {
    /// Answer to a tail request.
    Tail(TailAnswer),
    /// What to hold.
    Assign(Assignment),
    /// What to scan.
    Scan(ScanRequest),
    /// Hand out what was enrolled.
    Record(RecordWanted),
    /// Another node asks for a checkpoint.
    CheckpointWanted {
        /// Its generation.
        generation: Generation,
        /// Of which partition.
        partition: PartitionId,
    },
    /// Another node's checkpoint.
    Checkpoint {
        /// Its generation.
        generation: Generation,
        /// Of which partition.
        partition: PartitionId,
        /// The content.
        checkpoint: Checkpoint,
    },
}

/// Digest of a replica exactly at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkDigest {
    /// Which mark.
    pub id: u64,
    /// Where it stands in the log.
    pub index: LogIndex,
    /// What the replica held there.
    pub digest: SetDigest,
}

/// How a replica stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaReport {
    /// Of which partition.
    pub partition: PartitionId,
    /// Epoch under which the node holds it.
    pub epoch: Epoch,
    /// Scans see everything up to here.
    pub searchable: LogIndex,
    /// A crash loses nothing up to here.
    pub durable: LogIndex,
    /// Digests at the latest marks.
    pub marks: Vec<MarkDigest>,
}

/// How a node stands; sent to every coordinator a few times per second, never logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeReport {
    /// The generation of the node.
    pub generation: Generation,
    /// Who reports.
    pub identity: NodeIdentity,
    /// Relative room, for placement.
    pub capacity: u32,
    /// Replicas that answer or will soon; one that bootstraps is not listed.
    pub replicas: Vec<ReplicaReport>,
    /// Latest assignment that the node follows.
    pub assigned_as_of: LogIndex,
    /// Where its stores are; `None` until it looked.
    pub disk: Option<DiskRoom>,
}

/// From a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromNode {
    /// How it stands.
    Report(NodeReport),
    /// Asks for effects.
    Tail(TailRequest),
    /// Answers a scan.
    Scan(ScanAnswer),
    /// Answers a question for a record.
    Record(RecordFound),
}

/// Who sent a message to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A coordinator.
    Coordinator(CoordinatorId),
    /// Another node.
    Node(NodeId),
}

/// What a [`crate::Host`] is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostInput {
    /// Time passed.
    Tick,
    /// How much room there is.
    Disk(DiskRoom),
    /// A message arrived.
    Message(Peer, ToNode),
    /// A job that was handed out is done.
    Scanned(ScanDone),
}

/// What a [`crate::Host`] wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostOutput {
    /// To a coordinator.
    ToCoordinator(CoordinatorId, FromNode),
    /// To another node.
    ToNode(NodeId, ToNode),
    /// Keep a checkpoint that is exactly at a mark.
    Keep {
        /// Of which partition.
        partition: PartitionId,
        /// Why.
        kind: MarkKind,
        /// Which mark.
        id: u64,
        /// The content at the mark.
        checkpoint: Checkpoint,
    },
    /// Tell the scanner. Changes and jobs reach it in the order of the outputs.
    Resident(ResidentChange),
    /// Have the scanner scan, and come back with [`HostInput::Scanned`]. Nothing waits for it.
    Scan(ScanJob),
    /// A replica was found damaged or different and is bootstrapped anew.
    Quarantined(PartitionId),
    /// The store failed: end the process, and start it again.
    Exit,
}
