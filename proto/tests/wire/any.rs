//! Arbitrary values of everything that travels, drawn from a seed.

use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::command::*;
use coordinator::raft::*;
use coordinator::search::{
    FetchIntent, LoggedScope, SearchIntent, SearchOutcome, VerificationIntent,
};
use coordinator::{
    Acknowledge, Candidate, Fetch, HeldRow, Identified, Identify, Missing, PeerMessage,
};
use replication::*;
use std::collections::BTreeSet;

/// A stream of numbers that favours extremes (splitmix64).
pub(crate) struct Source(pub(crate) u64);

impl Source {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn wide(&mut self) -> u64 {
        match self.next() % 4 {
            0 => 0,
            1 => u64::MAX,
            2 => self.next() % 300,
            _ => self.next(),
        }
    }
}

pub(crate) trait Any: Sized {
    fn any(source: &mut Source) -> Self;
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Any for $integer {
            fn any(source: &mut Source) -> Self {
                source.wide() as $integer
            }
        }
    )*};
}
integers!(u8 u16 u32 u64 i64);

impl Any for u128 {
    fn any(source: &mut Source) -> Self {
        (u128::from(source.wide()) << 64) | u128::from(source.wide())
    }
}

impl Any for bool {
    fn any(source: &mut Source) -> Self {
        source.next() % 2 == 1
    }
}

impl<T: Any + Copy + Default, const N: usize> Any for [T; N] {
    fn any(source: &mut Source) -> Self {
        let mut items = [T::default(); N];
        items.iter_mut().for_each(|item| *item = T::any(source));
        items
    }
}

impl<T: Any> Any for Vec<T> {
    fn any(source: &mut Source) -> Self {
        (0..source.next() % 4).map(|_| T::any(source)).collect()
    }
}

impl<T: Any + Ord> Any for BTreeSet<T> {
    fn any(source: &mut Source) -> Self {
        Vec::any(source).into_iter().collect()
    }
}

impl<T: Any> Any for Option<T> {
    fn any(source: &mut Source) -> Self {
        bool::any(source).then(|| T::any(source))
    }
}

impl<A: Any, B: Any> Any for (A, B) {
    fn any(source: &mut Source) -> Self {
        (A::any(source), B::any(source))
    }
}

impl<T: Any> Any for Box<T> {
    fn any(source: &mut Source) -> Self {
        Box::new(T::any(source))
    }
}

impl Any for Payload {
    fn any(source: &mut Source) -> Self {
        Vec::<u8>::any(source).into()
    }
}

impl Any for GalleryId {
    fn any(source: &mut Source) -> Self {
        GalleryId::new((source.next() % GALLERIES as u64) as u8).expect("in range")
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {$(
        impl Any for $name {
            fn any(source: &mut Source) -> Self {
                Self(Any::any(source))
            }
        }
    )*};
}
tuples! {
    ClusterId Generation CoordinatorId NodeId PartitionId PersonId EncounterId Epoch GallerySet
    SetDigest LoggedScope
}

macro_rules! structs {
    ($($name:ident { $($field:ident)* })*) => {$(
        impl Any for $name {
            fn any(source: &mut Source) -> Self {
                Self { $($field: Any::any(source)),* }
            }
        }
    )*};
}
structs! {
    Record { encounter person enrolled_at state galleries content payload }
    Scope { active_only gallery }
    ScanTarget { partition epoch }
    ScanRequest {
        generation boot scan targets min_index probe scope only cut lane budget_ms
    }
    Cut { coarse fine }
    CoarseKey { coarse encounter }
    Hit { coarse fine score rarity encounter person }
    PartitionAnswer { partition epoch snapshot_index eligible scanned hits cut_at }
    ScanAnswer { generation node boot scan answers faults }
    Position { partition after }
    TailRequest { generation node positions }
    Summary { digest alive active alive_in active_in }
    TailSegment { partition epoch after through entries expected }
    TailAnswer { generation segments trimmed }
    Assigned { partition epoch sources }
    Assignment { generation as_of partitions }
    Checkpoint { index summary pairs }
    MarkDigest { id index digest }
    ReplicaReport { partition epoch searchable durable marks }
    NodeIdentity { cluster node incarnation }
    NodeReport { generation identity capacity replicas assigned_as_of disk }
    DiskRoom { free total }
    RecordWanted { generation boot number target encounter min_index }
    RecordFound { generation node boot number payload }
    Membership { voters learners voters_outgoing learners_next auto_leave }
    MembershipChange { voters learners removed }
    LogEntry { index term body }
    SnapshotHeader { index term membership digest }
    RaftMessage {
        kind to from term log_term index entries commit commit_term snapshot request_snapshot
        reject reject_hint context priority
    }
    Origin { coordinator boot sequence }
    WrappedKey { kek_epoch bytes }
    Enroll { encounter person galleries content payload wrapped_key dedup }
    DedupVerdict { encounter enrolled_at as_of hits }
    Adjudicate { encounter accept examiner approver }
    SetGalleries { encounter galleries expected_version }
    MergePersons { from into }
    Unlink { encounter person expected_version }
    Erase { target basis requester approver }
    SearchIntent { search requester purpose case probe_digest scope threshold }
    VerificationIntent { search person }
    FetchIntent { requester purpose case encounter }
    Fetch { requester purpose case encounter }
    SearchOutcome { search as_of is_complete eligible scanned candidates }
    RegisterNode { node incarnation site capacity }
    SetNodeState { node expected state }
    SetReplicas { partition nodes expected_epoch force }
    PinPartition { partition nodes expected }
    ReportReplica { partition node epoch is_complete }
    Mark { kind id }
    Trim { through }
    Policy { replication min_durable retention_bytes_max dedup_rarity }
    SetPolicy { expected policy }
    SetFeatureLevel { level }
    RotateKek { kek_epoch rewrapped }
    AuditSeal { height head }
    Candidate { person encounter score rarity }
    HeldRow { encounter person enrolled_at matches }
    AuditRecord { height index time_ms event head }
    Identified { search as_of is_complete eligible scanned candidates missing }
    Identify {
        requester purpose case probe scope person threshold candidates_max allow_partial lane
    }
}

macro_rules! enums {
    ($($name:ident { $($make:expr),* $(,)? })*) => {$(
        impl Any for $name {
            #[allow(clippy::redundant_closure_call)]
            fn any(source: &mut Source) -> Self {
                let makers: &[fn(&mut Source) -> Self] = &[$($make),*];
                makers[(source.next() % makers.len() as u64) as usize](source)
            }
        }
    )*};
}
enums! {
    EncounterState {
        |_| Self::Pending, |_| Self::Active, |_| Self::Held, |_| Self::Rejected, |_| Self::Erased
    }
    MarkKind { |_| Self::Digest, |_| Self::Backup, |_| Self::Checkpoint }
    Lane { |_| Self::Batch, |_| Self::Check, |_| Self::Standard, |_| Self::Urgent }
    ScanFault { |_| Self::NotHere, |_| Self::Behind, |_| Self::Unreadable, |_| Self::Failed }
    DedupPolicy { |_| Self::Enforce, |_| Self::Flag, |_| Self::Skip }
    NodeState { |_| Self::Up, |_| Self::Draining, |_| Self::Removed }
    Missing { |_| Self::NoReplica, |_| Self::NoAnswer, |_| Self::Unverified }
    Acknowledge { |_| Self::Committed, |_| Self::Searchable }
    Refusal {
        |_| Self::Generation, |_| Self::RetentionFull, |_| Self::NotFound, |_| Self::Stale,
        |_| Self::TooFewReplicas, |_| Self::Value,
    }
    Outcome {
        |_| Self::Applied, |s| Self::AlreadyApplied(Any::any(s)), |_| Self::Conflict,
        |_| Self::Gone, |s| Self::Refused(Any::any(s)),
    }
    MessageKind {
        |_| Self::Append, |_| Self::AppendResponse, |_| Self::Vote, |_| Self::VoteResponse,
        |_| Self::PreVote, |_| Self::PreVoteResponse, |_| Self::Snapshot, |_| Self::Heartbeat,
        |_| Self::HeartbeatResponse, |_| Self::TransferLeader, |_| Self::TimeoutNow,
        |_| Self::ReadIndex, |_| Self::ReadIndexResponse,
    }
    EntryBody { |s| Self::Commands(Any::any(s)), |s| Self::Membership(Any::any(s)) }
    AuditEvent {
        |s| Self::Intent(Any::any(s)), |s| Self::Outcome(Any::any(s)),
        |s| Self::Erasure(Any::any(s)), |s| Self::Adjudication(Any::any(s)),
        |s| Self::Verification(Any::any(s)), |s| Self::Fetch(Any::any(s)),
    }
    ErasureTarget { |s| Self::Encounter(Any::any(s)), |s| Self::Person(Any::any(s)) }
    Effect {
        |s| Self::Put(Any::any(s)),
        |s| Self::Alter {
            encounter: Any::any(s), state: Any::any(s), galleries: Any::any(s),
        },
        |s| Self::Remove(Any::any(s)),
        |s| Self::Mark { kind: Any::any(s), id: Any::any(s) },
    }
    FromNode {
        |s| Self::Report(Any::any(s)),
        |s| Self::Tail(Any::any(s)),
        |s| Self::Scan(Any::any(s)),
        |s| Self::Record(Any::any(s)),
    }
    ToNode {
        |s| Self::Tail(Any::any(s)),
        |s| Self::Assign(Any::any(s)),
        |s| Self::Scan(Any::any(s)),
        |s| Self::Record(Any::any(s)),
        |s| Self::CheckpointWanted { generation: Any::any(s), partition: Any::any(s) },
        |s| Self::Checkpoint {
            generation: Any::any(s), partition: Any::any(s), checkpoint: Any::any(s),
        },
    }
    PeerMessage {
        |s| Self::Raft(Any::any(s)),
        |s| Self::Forward { generation: Any::any(s), commands: Any::any(s) },
        |_| Self::DiskScarce,
        |s| Self::ChunkWanted { digest: Any::any(s), offset: Any::any(s) },
        |s| Self::Chunk {
            digest: Any::any(s), offset: Any::any(s), total: Any::any(s), bytes: Any::any(s),
        },
    }
    Command {
        |s| Self::Enroll(Any::any(s)), |s| Self::DedupVerdict(Any::any(s)),
        |s| Self::Adjudicate(Any::any(s)), |s| Self::SetGalleries(Any::any(s)),
        |s| Self::MergePersons(Any::any(s)), |s| Self::Unlink(Any::any(s)),
        |s| Self::Erase(Any::any(s)), |s| Self::SearchIntent(Any::any(s)),
        |s| Self::SearchOutcome(Any::any(s)), |s| Self::RegisterNode(Any::any(s)),
        |s| Self::SetNodeState(Any::any(s)), |s| Self::SetReplicas(Any::any(s)),
        |s| Self::ReportReplica(Any::any(s)), |s| Self::Mark(Any::any(s)),
        |s| Self::Trim(Any::any(s)), |s| Self::SetPolicy(Any::any(s)),
        |s| Self::PinPartition(Any::any(s)), |s| Self::FetchIntent(Any::any(s)),
        |s| Self::SetFeatureLevel(Any::any(s)), |s| Self::RotateKek(Any::any(s)),
        |s| Self::AuditSeal(Any::any(s)), |s| Self::VerificationIntent(Any::any(s)),
    }
}
