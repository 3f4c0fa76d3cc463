//! The replicated log: raft-rs behind messages and structs of our own.
//!
//! Only this folder names the library, and only `convert` its message types. Bytes from a peer are
//! never given to the library's parser.

mod convert;
mod log_cache;
mod member;
mod schema;

pub use member::{Member, MemberSettings, RaftOutput, Role, snapshot_digest};
pub use schema::{
    EntryBody, HardState, LogEntry, Membership, MembershipChange, MessageKind, RaftMessage,
    Recovered, SnapshotHeader,
};
