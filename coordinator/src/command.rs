//! What the replicated log holds: batches of commands.
//!
//! Bytes: a version, the batch, nothing after it. A replica that meets a version it does not know
//! halts; it never guesses ([`CodecError::Version`]).

use crate::search::{FetchIntent, SearchIntent, SearchOutcome, VerificationIntent};
use replication::{
    Code, CodecError, CoordinatorId, EncounterId, Epoch, GallerySet, Generation, LogIndex,
    MarkKind, NodeId, PartitionId, Payload, PersonId, Reader, Writer, code_enum, code_struct,
    code_units,
};
use std::collections::BTreeSet;

/// Version of the byte form of a [`Batch`].
const BATCH_VERSION: u8 = 1;
/// The highest feature level that this release knows. 1: all but what follows. 2: partitions are
/// pinned, and what was enrolled is handed out on record.
pub const FEATURE_LEVEL_MAX: u32 = 2;
/// Partitions are pinned from this level on.
pub(crate) const PINS_SINCE: u32 = 2;
/// What was enrolled is handed out from this level on.
const FETCHES_SINCE: u32 = 2;
/// No batch is longer, in bytes; longer ones are refused before they are read.
pub const BATCH_BYTES_MAX: usize = 8 << 20;

/// Who asked for a command, so that the asker recognizes it when it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The coordinator that took the request.
    pub coordinator: CoordinatorId,
    /// Drawn at its start.
    pub boot: u64,
    /// Counts its commands since.
    pub sequence: u64,
}

code_struct!(Origin { coordinator, boot, sequence });

/// One log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Of the proposer. A batch of another generation changes nothing.
    pub generation: Generation,
    /// The proposer's clock in milliseconds since 1970, for the audit alone.
    pub stamp_ms: u64,
    /// Applied in this order.
    pub commands: Vec<(Origin, Command)>,
}

impl Code for Batch {
    fn write(&self, writer: &mut Writer) {
        writer.put(&BATCH_VERSION);
        writer.put(&self.generation);
        writer.put(&self.stamp_ms);
        writer.put(&self.commands);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        if reader.left() > BATCH_BYTES_MAX {
            return Err(CodecError::Length);
        }
        match u8::read(reader)? {
            BATCH_VERSION => {}
            version => return Err(CodecError::Version(version)),
        }
        let (generation, stamp_ms) = (reader.get()?, reader.get()?);
        Ok(Self { generation, stamp_ms, commands: reader.get()? })
    }
}

/// A change of the catalog, or a read that must be on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A new encounter.
    Enroll(Enroll),
    /// What a duplicate check found.
    DedupVerdict(DedupVerdict),
    /// A human decides about a held encounter.
    Adjudicate(Adjudicate),
    /// Puts an encounter into other galleries.
    SetGalleries(SetGalleries),
    /// Two persons are one.
    MergePersons(MergePersons),
    /// An encounter is of another person than thought.
    Unlink(Unlink),
    /// Erases an encounter or a person.
    Erase(Erase),
    /// A search is about to start.
    SearchIntent(SearchIntent),
    /// A comparison with one person is about to start.
    VerificationIntent(VerificationIntent),
    /// Somebody is about to be handed what was enrolled.
    FetchIntent(FetchIntent),
    /// A search found something or nothing.
    SearchOutcome(SearchOutcome),
    /// A node joins.
    RegisterNode(RegisterNode),
    /// A node drains, returns or is gone.
    SetNodeState(SetNodeState),
    /// Where a partition is to be.
    SetReplicas(SetReplicas),
    /// Where a partition is to be, whatever its target would be without.
    PinPartition(PinPartition),
    /// A replica is complete, or no longer.
    ReportReplica(ReportReplica),
    /// Every replica does something exactly here.
    Mark(Mark),
    /// Drops the start of effect streams.
    Trim(Trim),
    /// Changes the cluster's policy.
    SetPolicy(SetPolicy),
    /// Raises the feature level.
    SetFeatureLevel(SetFeatureLevel),
    /// Wraps persons' keys anew.
    RotateKek(RotateKek),
    /// Anchors the audit chain and lets go of what was exported.
    AuditSeal(AuditSeal),
}

code_enum!(Command, "a command" {
    1 => Enroll, 2 => DedupVerdict, 3 => Adjudicate, 4 => SetGalleries, 5 => MergePersons,
    6 => Unlink, 7 => Erase, 8 => SearchIntent, 9 => SearchOutcome, 10 => RegisterNode,
    11 => SetNodeState, 12 => SetReplicas, 13 => ReportReplica, 14 => Mark, 15 => Trim,
    16 => SetPolicy, 17 => SetFeatureLevel, 18 => RotateKek, 19 => AuditSeal,
    20 => VerificationIntent, 21 => PinPartition,
    22 => FetchIntent,
});

impl Command {
    /// The feature level from which on it may be logged: a release that does not know it ends when
    /// it meets one.
    pub fn feature_level(&self) -> u32 {
        match self {
            Self::PinPartition(_) => PINS_SINCE,
            Self::FetchIntent(_) => FETCHES_SINCE,
            _ => 1,
        }
    }
}

/// What a match with another person does to an enrollment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DedupPolicy {
    /// It waits for a complete duplicate check, and is held when there is a match.
    Enforce,
    /// It is active at once; matches are recorded.
    Flag,
    /// It is active at once and not checked.
    Skip,
}

code_units!(DedupPolicy, "a duplicate policy" { 0 => Enforce, 1 => Flag, 2 => Skip });

/// A person's data key, wrapped by a key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which key-encryption key.
    pub kek_epoch: u32,
    /// The wrapped bytes.
    pub bytes: Payload,
}

code_struct!(WrappedKey { kek_epoch, bytes });

/// See [`Command::Enroll`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enroll {
    /// Chosen by the client; the same id with the same content is the same enrollment.
    pub encounter: EncounterId,
    /// Whose.
    pub person: PersonId,
    /// Where to.
    pub galleries: GallerySet,
    /// SHA-256 of what was enrolled.
    pub content: [u8; 32],
    /// The templates under the person's key.
    pub payload: Payload,
    /// The person's key, needed for the first encounter.
    pub wrapped_key: Option<WrappedKey>,
    /// What to do about matches.
    pub dedup: DedupPolicy,
}

code_struct!(Enroll { encounter, person, galleries, content, payload, wrapped_key, dedup });

/// See [`Command::DedupVerdict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DedupVerdict {
    /// Of which encounter.
    pub encounter: EncounterId,
    /// Its enrollment, so that a verdict never meets another one.
    pub enrolled_at: LogIndex,
    /// The barrier of the search.
    pub as_of: LogIndex,
    /// Encounters enrolled before it that match.
    pub hits: BTreeSet<EncounterId>,
}

code_struct!(DedupVerdict { encounter, enrolled_at, as_of, hits });

/// See [`Command::Adjudicate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjudicate {
    /// Of which encounter.
    pub encounter: EncounterId,
    /// True: it is no duplicate and becomes active. False: it is rejected.
    pub accept: bool,
    /// Who decides.
    pub examiner: u128,
    /// Who confirms.
    pub approver: u128,
}

code_struct!(Adjudicate { encounter, accept, examiner, approver });

/// See [`Command::SetGalleries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetGalleries {
    /// Of which encounter.
    pub encounter: EncounterId,
    /// From now on.
    pub galleries: GallerySet,
    /// The row's version that the asker saw.
    pub expected_version: LogIndex,
}

code_struct!(SetGalleries { encounter, galleries, expected_version });

/// See [`Command::MergePersons`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergePersons {
    /// Ends.
    pub from: PersonId,
    /// Goes on.
    pub into: PersonId,
}

code_struct!(MergePersons { from, into });

/// See [`Command::Unlink`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlink {
    /// Which encounter.
    pub encounter: EncounterId,
    /// Whose it is from now on.
    pub person: PersonId,
    /// The row's version that the asker saw.
    pub expected_version: LogIndex,
}

code_struct!(Unlink { encounter, person, expected_version });

/// What to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureTarget {
    /// One visit.
    Encounter(EncounterId),
    /// Everything of a person.
    Person(PersonId),
}

code_enum!(ErasureTarget, "an erasure target" { 0 => Encounter, 1 => Person });

/// See [`Command::Erase`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erase {
    /// What.
    pub target: ErasureTarget,
    /// Code of the legal basis.
    pub basis: u16,
    /// Who asks.
    pub requester: u128,
    /// Who confirms, where four eyes are required.
    pub approver: Option<u128>,
}

code_struct!(Erase { target, basis, requester, approver });

/// See [`Command::RegisterNode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterNode {
    /// Its id.
    pub node: NodeId,
    /// Drawn when its disk was first used.
    pub incarnation: u64,
    /// Where it stands.
    pub site: u16,
    /// Relative room.
    pub capacity: u32,
}

code_struct!(RegisterNode { node, incarnation, site, capacity });

/// What is planned with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeState {
    /// Holds replicas.
    Up,
    /// Is to hold none.
    Draining,
    /// Is gone for good.
    Removed,
}

code_units!(NodeState, "a node state" { 0 => Up, 1 => Draining, 2 => Removed });

/// See [`Command::SetNodeState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetNodeState {
    /// Which.
    pub node: NodeId,
    /// The state that the asker saw.
    pub expected: NodeState,
    /// From now on.
    pub state: NodeState,
}

code_struct!(SetNodeState { node, expected, state });

/// See [`Command::SetReplicas`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetReplicas {
    /// Of which partition.
    pub partition: PartitionId,
    /// From now on.
    pub nodes: BTreeSet<NodeId>,
    /// The epoch that the asker saw.
    pub expected_epoch: Epoch,
    /// Even if a replica leaves before another took its place.
    pub force: bool,
}

code_struct!(SetReplicas { partition, nodes, expected_epoch, force });

/// See [`Command::PinPartition`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinPartition {
    /// Which partition.
    pub partition: PartitionId,
    /// Where it is to be, as far as these nodes are up; nowhere in particular when none is named.
    pub nodes: BTreeSet<NodeId>,
    /// The pin that the asker saw.
    pub expected: BTreeSet<NodeId>,
}

code_struct!(PinPartition { partition, nodes, expected });

/// See [`Command::ReportReplica`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportReplica {
    /// Of which partition.
    pub partition: PartitionId,
    /// Where.
    pub node: NodeId,
    /// Under which placement.
    pub epoch: Epoch,
    /// Whether it has everything up to about now.
    pub is_complete: bool,
}

code_struct!(ReportReplica { partition, node, epoch, is_complete });

/// See [`Command::Mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What to do.
    pub kind: MarkKind,
    /// Which mark.
    pub id: u64,
}

code_struct!(Mark { kind, id });

/// See [`Command::Trim`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trim {
    /// By partition, the last index to drop.
    pub through: Vec<(PartitionId, LogIndex)>,
}

code_struct!(Trim { through });

/// Values that the whole cluster shares and that operators change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Replicas per partition.
    pub replication: u8,
    /// Durable replicas without which an effect is not trimmed.
    pub min_durable: u8,
    /// Most bytes of effects retained, all partitions together.
    pub retention_bytes_max: u64,
    /// Lowest [`replication::Hit::rarity`] that makes two encounters a match in a duplicate check.
    pub dedup_rarity: u32,
}

code_struct!(Policy { replication, min_durable, retention_bytes_max, dedup_rarity });

/// See [`Command::SetPolicy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPolicy {
    /// The policy that the asker saw.
    pub expected: Policy,
    /// From now on.
    pub policy: Policy,
}

code_struct!(SetPolicy { expected, policy });

/// See [`Command::SetFeatureLevel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetFeatureLevel {
    /// One more than the current level.
    pub level: u32,
}

code_struct!(SetFeatureLevel { level });

/// See [`Command::RotateKek`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotateKek {
    /// One more than the current epoch, or the current one while the rotation goes on.
    pub kek_epoch: u32,
    /// Keys wrapped anew; those of persons erased meanwhile are dropped.
    pub rewrapped: Vec<(PersonId, Payload)>,
}

code_struct!(RotateKek { kek_epoch, rewrapped });

/// See [`Command::AuditSeal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSeal {
    /// Last height that was exported.
    pub height: u64,
    /// The head of the chain there, as exported.
    pub head: [u8; 32],
}

code_struct!(AuditSeal { height, head });

/// Why a command was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The proposer speaks for another generation.
    Generation,
    /// Effects are retained up to the cap, because replicas are behind.
    RetentionFull,
    /// What it names does not exist.
    NotFound,
    /// What it names is not in the state or version that it expects.
    Stale,
    /// A replica would leave before others took its place.
    TooFewReplicas,
    /// A value outside its range.
    Value,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Carried out.
    Applied,
    /// The same was carried out before, at this index.
    AlreadyApplied(LogIndex),
    /// The id is taken by other content.
    Conflict,
    /// The id was erased.
    Gone,
    /// Not carried out.
    Refused(Refusal),
}
