//! The wire: generated types ([`v1`]) and the one conversion between them and what the core speaks
//! ([`Field`]).
//!
//! Bytes of a peer are never trusted: every length and range is checked on the way in, an unknown
//! kind is refused, and nothing panics. A payload travels as bytes; every other field of every
//! message is a field of its own.

mod checkpoint;
mod codec;
mod command;
mod error;
mod field;
mod peer;
mod public;
mod replica;
mod units;

pub use checkpoint::{CHECKPOINT_BYTES_MAX, PART_BYTES, ToNodeReader, to_node_frames};
pub use codec::{BoundedCodec, BoundedDecoder};
pub use error::Malformed;
pub use field::{Field, PAYLOAD_BYTES_MAX};
pub use prost::Message;
pub use public::{BUDGET_MS_MAX, ERROR_TRAILER, Header, operator_command, registration_command};
pub use units::{LINK_UNITS_MAX, REQUEST_UNITS_MAX};

/// Version of the schema that this release speaks.
pub const WIRE_VERSION: u32 = 1;
/// Longest message on a link between processes, in bytes: a log entry or a batch forwarded, with
/// room for what is around it.
pub const LINK_MESSAGE_BYTES_MAX: usize = 32 << 20;
/// Longest message of the public service, in bytes: one payload with room around it.
pub const SERVICE_MESSAGE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + (64 << 10);

/// Types and services generated from `proto/tanba/v1`.
#[allow(missing_docs, clippy::all, reason = "generated; the .proto files document it")]
pub mod v1 {
    tonic::include_proto!("tanba.v1");
}

/// The description of every service, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
