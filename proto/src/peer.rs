//! What coordinators send each other.

use crate::Malformed;
use crate::field::{Field, pairs, required, structs, units};
use crate::v1;
use coordinator::PeerMessage;
use coordinator::command::{BATCH_BYTES_MAX, Command, Origin};
use coordinator::raft::{
    EntryBody, LogEntry, Membership, MembershipChange, MessageKind, RaftMessage, SnapshotHeader,
};

units! {
    MessageKind as MessageKind {
        Append, AppendResponse, Vote, VoteResponse, PreVote, PreVoteResponse, Snapshot, Heartbeat,
        HeartbeatResponse, TransferLeader, TimeoutNow, ReadIndex, ReadIndexResponse,
    }
}

structs! {
    Membership as Membership { voters, learners, voters_outgoing, learners_next, auto_leave }
    MembershipChange as MembershipChange { voters, learners, removed }
    LogEntry as LogEntry { index, term, body }
    SnapshotHeader as SnapshotHeader { index, term, membership, digest }
    RaftMessage as RaftMessage {
        kind, to, from, term, log_term, index, entries, commit, commit_term, snapshot,
        request_snapshot, reject, reject_hint, context, priority,
    }
}

pairs! {
    (Origin, Command) as ForwardedCommand { origin, command }
}

impl Field<v1::EntryBody> for EntryBody {
    fn to_wire(self) -> v1::EntryBody {
        use v1::entry_body::Kind;
        let kind = match self {
            Self::Commands(bytes) => Kind::Commands(bytes.to_wire()),
            Self::Membership(change) => Kind::Membership(change.to_wire()),
        };
        v1::EntryBody { kind: Some(kind) }
    }

    fn from_wire(wire: v1::EntryBody, name: &'static str) -> Result<Self, Malformed> {
        use v1::entry_body::Kind;
        match wire.kind.ok_or(Malformed::Unknown(name))? {
            Kind::Commands(bytes) if bytes.len() > BATCH_BYTES_MAX => {
                Err(Malformed::Length("commands"))
            }
            Kind::Commands(bytes) => Ok(Self::Commands(bytes.into())),
            Kind::Membership(change) => {
                Field::from_wire(change, "membership").map(Self::Membership)
            }
        }
    }
}
required!(EntryBody as v1::EntryBody);

impl Field<v1::PeerMessage> for PeerMessage {
    fn to_wire(self) -> v1::PeerMessage {
        use v1::peer_message::Kind;
        let kind = match self {
            Self::Raft(message) => Kind::Raft(message.to_wire()),
            Self::Forward { generation, commands } => Kind::Forward(v1::Forward {
                generation: generation.to_wire(),
                commands: commands.to_wire(),
            }),
            Self::DiskScarce => Kind::DiskScarce(v1::DiskScarce {}),
            Self::ChunkWanted { digest, offset } => {
                Kind::ChunkWanted(v1::ChunkWanted { digest: digest.to_wire(), offset })
            }
            Self::Chunk { digest, offset, total, bytes } => {
                let (digest, bytes) = (digest.to_wire(), bytes.to_wire());
                Kind::Chunk(v1::Chunk { digest, offset, total, bytes })
            }
        };
        v1::PeerMessage { kind: Some(kind) }
    }

    fn from_wire(wire: v1::PeerMessage, name: &'static str) -> Result<Self, Malformed> {
        use v1::peer_message::Kind;
        Ok(match wire.kind.ok_or(Malformed::Unknown(name))? {
            Kind::Raft(message) => Self::Raft(Box::new(Field::from_wire(message, "raft")?)),
            Kind::Forward(forward) => Self::Forward {
                generation: Field::from_wire(forward.generation, "generation")?,
                commands: Field::from_wire(forward.commands, "commands")?,
            },
            Kind::DiskScarce(v1::DiskScarce {}) => Self::DiskScarce,
            Kind::ChunkWanted(v1::ChunkWanted { digest, offset }) => {
                Self::ChunkWanted { digest: Field::from_wire(digest, "digest")?, offset }
            }
            Kind::Chunk(v1::Chunk { digest, offset, total, bytes }) => Self::Chunk {
                digest: Field::from_wire(digest, "digest")?,
                offset,
                total,
                bytes: Field::from_wire(bytes, "bytes")?,
            },
        })
    }
}
required!(PeerMessage as v1::PeerMessage);
