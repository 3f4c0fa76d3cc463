//! What a coordinator is told and what it wants done.

use crate::catalog::AuditRecord;
use crate::command::{Command, Enroll, Origin, Outcome};
use crate::raft::{HardState, LogEntry, MembershipChange, RaftMessage, SnapshotHeader};
use replication::{
    CoordinatorId, DiskRoom, EncounterId, EncounterState, FromNode, Generation, Lane, LogIndex,
    NodeId, PartitionId, Payload, PersonId, Scope, ToNode,
};

/// Between coordinators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerMessage {
    /// Of the replicated log.
    Raft(Box<RaftMessage>),
    /// To the leader: log these.
    Forward {
        /// The generation of the sender.
        generation: Generation,
        /// Each with its asker.
        commands: Vec<(Origin, Command)>,
    },
    /// From a leader: its disk is nearly full, so no enrollment is to be sent.
    DiskScarce,
    /// Asks for a part of a snapshot's content.
    ChunkWanted {
        /// Which snapshot.
        digest: [u8; 32],
        /// From which byte.
        offset: u64,
    },
    /// A part of a snapshot's content.
    Chunk {
        /// Which snapshot.
        digest: [u8; 32],
        /// From which byte.
        offset: u64,
        /// Bytes of the whole.
        total: u64,
        /// The part.
        bytes: Payload,
    },
}

/// When an enrollment is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledge {
    /// Once it is committed: it cannot be lost any more.
    Committed,
    /// Once every complete replica of its partition would find it, too.
    Searchable,
}

/// A search that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identify {
    /// Who asks.
    pub requester: u128,
    /// Code of the purpose.
    pub purpose: u16,
    /// The case.
    pub case: u64,
    /// What to compare with.
    pub probe: Payload,
    /// Which records.
    pub scope: Scope,
    /// Of this person alone, merges considered: a verification.
    pub person: Option<PersonId>,
    /// Lowest score to return.
    pub threshold: u32,
    /// Most candidates to return.
    pub candidates_max: u32,
    /// Whether an incomplete answer is wanted, too.
    pub allow_partial: bool,
    /// What goes first when there is too much to do. [`Lane::Check`] is for checks alone.
    pub lane: Lane,
}

/// What a client wants to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    /// Who asks.
    pub requester: u128,
    /// Code of the purpose.
    pub purpose: u16,
    /// The case.
    pub case: u64,
    /// What was enrolled with this.
    pub encounter: EncounterId,
}

/// What a client wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inquiry {
    /// The state of an encounter.
    State(EncounterId),
    /// Encounters that wait for a human, those with higher ids than this one.
    Held(Option<EncounterId>),
    /// The audit chain after a height.
    Audit(u64),
}

/// An encounter that waits for a human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// Which.
    pub encounter: EncounterId,
    /// Whose it is said to be.
    pub person: PersonId,
    /// Where it was enrolled.
    pub enrolled_at: LogIndex,
    /// Encounters of others that it is like and that are not gone, with whose they are.
    pub matches: Vec<(EncounterId, PersonId)>,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A new encounter.
    Enroll(Enroll, Acknowledge),
    /// A search.
    Identify(Identify),
    /// What was enrolled, for somebody to look at.
    Fetch(Fetch),
    /// Any other command.
    Command(Command),
    /// Tells something, not older than the request.
    Read(Inquiry),
    /// A change of who decides. Only the leader takes it, and accepts it once it is done: in the
    /// meantime whoever is to vote catches up, and a leader that is to go lets another lead.
    Membership(MembershipChange),
    /// Hand leadership over to a voter. Only the leader takes it.
    TransferLeadership(CoordinatorId),
    /// Hand leadership over to whoever can take it best. Only the leader takes it.
    HandOver,
}

/// A [`Request`] with its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRequest {
    /// Comes back with the response.
    pub id: u64,
    /// The client waits so long, in milliseconds.
    pub budget_ms: u64,
    /// What is asked for.
    pub request: Request,
}

/// Somebody on a candidate list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The person, merges considered.
    pub person: PersonId,
    /// The person's encounter that matched best.
    pub encounter: EncounterId,
    /// Its score.
    pub score: u32,
    /// See [`replication::Hit::rarity`].
    pub rarity: u32,
}

/// Why a partition is missing in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// No replica is complete and live.
    NoReplica,
    /// Replicas were asked and none answered in time.
    NoAnswer,
    /// A replica answered, and this coordinator could not check its counts in time.
    Unverified,
}

/// What a search found, and what it covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// What the audit calls the search.
    pub search: u128,
    /// Index of the intent: everything committed up to it was considered.
    pub as_of: LogIndex,
    /// Whether everything eligible was scanned.
    pub is_complete: bool,
    /// Records that the scope admits, as far as known.
    pub eligible: u64,
    /// Records compared.
    pub scanned: u64,
    /// By score falling, then encounter rising; one per person.
    pub candidates: Vec<Candidate>,
    /// Partitions without an answer.
    pub missing: Vec<(PartitionId, Missing)>,
}

/// Why a request was not taken. It changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// No leader is known, or this member is not the leader and the request is for the leader.
    NoLeader,
    /// Too much is waiting to be committed.
    Overloaded,
    /// The disk of a coordinator, or of a node that would hold it, is nearly full. For enrollments
    /// alone.
    DiskScarce,
    /// The command needs a feature level that the cluster was not raised to yet.
    FeatureLevel,
    /// Nobody would vote after the change.
    NoVoterLeft,
    /// Who is to lead does not vote, or nobody else could lead now.
    NoSuccessor,
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A command was carried out or not; for certain.
    Done {
        /// Where in the log.
        index: LogIndex,
        /// What became of it.
        outcome: Outcome,
        /// State of the encounter of an enrollment.
        state: Option<EncounterState>,
        /// Whether every complete replica would find it.
        is_searchable: bool,
    },
    /// A search came to an end.
    Identified(Identified),
    /// What was enrolled.
    Fetched {
        /// Index of the intent.
        as_of: LogIndex,
        /// `None` when it never was, was rejected, or was erased.
        payload: Option<Payload>,
    },
    /// State of an encounter; `None` when it was never enrolled.
    State {
        /// The state of the catalog that says so.
        index: LogIndex,
        /// Tombstones say `Erased`.
        state: Option<EncounterState>,
    },
    /// Encounters that wait for a human, by id.
    Held {
        /// The state of the catalog that says so.
        index: LogIndex,
        /// Some of them.
        rows: Vec<HeldRow>,
        /// Whether there are none after these.
        is_last: bool,
    },
    /// A part of the audit chain.
    Audit {
        /// The state of the catalog that says so.
        index: LogIndex,
        /// Where the chain begins that is still there: height and head of the seal.
        sealed: (u64, [u8; 32]),
        /// Where it ends.
        head: (u64, [u8; 32]),
        /// What follows the height asked for, as much as fits a message.
        records: Vec<AuditRecord>,
    },
    /// A change of membership is done; leadership is being handed over.
    Accepted,
    /// Not taken. Ask again, here or elsewhere.
    Unavailable(Unavailable),
    /// Nobody knows whether it was carried out. Ask again with the same ids.
    Unknown,
}

/// What a coordinator is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One tick of the Raft clock passed.
    Tick,
    /// How much room there is where the log is.
    Disk(DiskRoom),
    /// From another coordinator.
    Peer(CoordinatorId, PeerMessage),
    /// From a node.
    Node(NodeId, FromNode),
    /// From a client.
    Client(ClientRequest),
}

/// Something that somebody must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// A replica held something else at a mark than the catalog says.
    DigestMismatch {
        /// Where.
        node: NodeId,
        /// Which partition.
        partition: PartitionId,
    },
    /// A replica's counts are not those of the catalog.
    CountMismatch {
        /// Where.
        node: NodeId,
        /// Which partition.
        partition: PartitionId,
    },
    /// An entry that this release cannot read: the process ends until it is brought up to date.
    UnreadableEntry(LogIndex),
    /// This coordinator no longer has entries up to here, which it said it had: the process ends,
    /// and has to be replaced under a new id.
    LogLost(LogIndex),
}

/// What a coordinator wants done, each before the next; when one fails, the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// To another coordinator.
    Peer(CoordinatorId, PeerMessage),
    /// To a node.
    Node(NodeId, ToNode),
    /// To a client, by the id of its request.
    Client(u64, Response),
    /// Append to the log.
    Persist {
        /// After dropping what conflicts.
        entries: Vec<LogEntry>,
        /// Replaces the one before.
        hard_state: Option<HardState>,
    },
    /// Make the log survive a crash.
    Sync,
    /// Keep a snapshot, then let go of the log before it.
    StoreSnapshot {
        /// Which.
        header: SnapshotHeader,
        /// The content.
        content: Payload,
        /// Whether the log after it goes, too.
        is_reset: bool,
    },
    /// Keep the catalog as it is at a mark, for a backup.
    Keep {
        /// Which mark.
        mark: u64,
        /// The catalog as bytes.
        content: Payload,
    },
    /// An entry was applied: for an archive of the log, and for those who watch.
    Applied(LogEntry),
    /// Tell somebody.
    Alarm(Alarm),
    /// End the process and do not start it again.
    Halt,
}
