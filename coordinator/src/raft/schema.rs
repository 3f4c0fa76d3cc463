//! What coordinators send each other and keep on disk about the log.

use replication::{CoordinatorId, LogIndex, Payload, code_enum, code_struct, code_units};
use std::collections::BTreeSet;

/// Who decides, who only listens. While a change is under way, both the old voters and the new ones
/// must agree (joint consensus).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    /// Voters.
    pub voters: BTreeSet<CoordinatorId>,
    /// Members that only listen.
    pub learners: BTreeSet<CoordinatorId>,
    /// Voters before the change under way.
    pub voters_outgoing: BTreeSet<CoordinatorId>,
    /// Old voters that will listen after the change under way.
    pub learners_next: BTreeSet<CoordinatorId>,
    /// Whether the change ends by itself.
    pub auto_leave: bool,
}

code_struct!(Membership { voters, learners, voters_outgoing, learners_next, auto_leave });

impl Membership {
    /// Voters alone.
    pub fn of(voters: impl IntoIterator<Item = CoordinatorId>) -> Self {
        Self { voters: voters.into_iter().collect(), ..Self::default() }
    }

    /// Whether no change is under way.
    pub fn is_settled(&self) -> bool {
        self.voters_outgoing.is_empty()
    }

    /// Whether somebody takes part, in whatever way.
    pub fn contains(&self, id: CoordinatorId) -> bool {
        let Self { voters, learners, voters_outgoing, learners_next, .. } = self;
        [voters, learners, voters_outgoing, learners_next].iter().any(|ids| ids.contains(&id))
    }

    /// Whether a change is done and over: nothing of it is left to be done.
    pub fn follows(&self, change: &MembershipChange) -> bool {
        let gone = |id: &CoordinatorId| !self.contains(*id);
        self.is_settled()
            && change.voters.iter().all(|id| self.voters.contains(id))
            && change.learners.iter().all(|id| self.learners.contains(id))
            && change.removed.iter().all(gone)
    }

    /// The voters once a change is done.
    pub fn voters_after(&self, change: &MembershipChange) -> BTreeSet<CoordinatorId> {
        let leave =
            |id: &CoordinatorId| change.removed.contains(id) || change.learners.contains(id);
        let stay = self.voters.iter().filter(|id| !leave(id));
        stay.chain(&change.voters).copied().collect()
    }
}

/// A change of the membership; an empty one ends the change under way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MembershipChange {
    /// To vote from now on.
    pub voters: Vec<CoordinatorId>,
    /// To listen from now on.
    pub learners: Vec<CoordinatorId>,
    /// To be gone.
    pub removed: Vec<CoordinatorId>,
}

code_struct!(MembershipChange { voters, learners, removed });

/// What an entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryBody {
    /// A batch of commands; empty for the first entry of a leader.
    Commands(Payload),
    /// A change of who decides.
    Membership(MembershipChange),
}

code_enum!(EntryBody, "a log entry" { 0 => Commands, 1 => Membership });

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its position.
    pub index: LogIndex,
    /// The term it was proposed in.
    pub term: u64,
    /// What it holds.
    pub body: EntryBody,
}

code_struct!(LogEntry { index, term, body });

/// What a member must not forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HardState {
    /// Latest term seen.
    pub term: u64,
    /// Who got its vote in that term; 0 for nobody.
    pub vote: u64,
    /// Entries up to here are committed.
    pub commit: LogIndex,
}

code_struct!(HardState { term, vote, commit });

/// A snapshot without its content: the content travels as a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotHeader {
    /// Everything up to here is in it.
    pub index: LogIndex,
    /// Term of that entry.
    pub term: u64,
    /// Members there.
    pub membership: Membership,
    /// SHA-256 of the content.
    pub digest: [u8; 32],
}

code_struct!(SnapshotHeader { index, term, membership, digest });

/// What a member finds on its disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// See [`HardState`].
    pub hard_state: HardState,
    /// The snapshot that the entries follow.
    pub snapshot: SnapshotHeader,
    /// Without gaps, the first after the snapshot.
    pub entries: Vec<LogEntry>,
}

/// What a message is for (Ongaro, 2014; names as in raft-rs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the Raft dissertation")]
pub enum MessageKind {
    Append,
    AppendResponse,
    Vote,
    VoteResponse,
    PreVote,
    PreVoteResponse,
    Snapshot,
    Heartbeat,
    HeartbeatResponse,
    TransferLeader,
    TimeoutNow,
    ReadIndex,
    ReadIndexResponse,
}

code_units!(MessageKind, "a raft message" {
    0 => Append, 1 => AppendResponse, 2 => Vote, 3 => VoteResponse, 4 => PreVote,
    5 => PreVoteResponse, 6 => Snapshot, 7 => Heartbeat, 8 => HeartbeatResponse,
    9 => TransferLeader, 10 => TimeoutNow, 11 => ReadIndex, 12 => ReadIndexResponse,
});

/// A message between members. Proposals are not among them: they are forwarded as requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaftMessage {
    /// What it is for.
    pub kind: MessageKind,
    /// To whom.
    pub to: CoordinatorId,
    /// From whom.
    pub from: CoordinatorId,
    /// The sender's term.
    pub term: u64,
    /// Term of the entry at `index`.
    pub log_term: u64,
    /// Position before the entries, or acknowledged.
    pub index: LogIndex,
    /// To append.
    pub entries: Vec<LogEntry>,
    /// The sender's commit index.
    pub commit: LogIndex,
    /// Term of that entry.
    pub commit_term: u64,
    /// Instead of entries that are no longer kept.
    pub snapshot: Option<SnapshotHeader>,
    /// A snapshot at or past this index is wanted; 0 for none.
    pub request_snapshot: LogIndex,
    /// Whether it says no.
    pub reject: bool,
    /// Where to try next.
    pub reject_hint: LogIndex,
    /// Comes back with the answer.
    pub context: Payload,
    /// Of the sender in elections.
    pub priority: i64,
}

code_struct!(RaftMessage {
    kind,
    to,
    from,
    term,
    log_term,
    index,
    entries,
    commit,
    commit_term,
    snapshot,
    request_snapshot,
    reject,
    reject_hint,
    context,
    priority
});
