//! What coordinators and nodes must agree on, and the replica of a partition as pure code.
//!
//! The replicated log of the coordinators decides everything. Each partition of the gallery sees a
//! projection of it: for every log index the [`Effect`]s on that partition, mostly none. A replica
//! is whatever those effects, applied in order, make of an empty store; so two replicas can lag but
//! never differ, and one [`Summary`] at an index says whether they do.
//!
//! - [`Applier`]: one replica over the [`Kv`] seam. Data and applied index change in one batch.
//! - [`Host`]: all replicas of a node: tailing, bootstrapping, scanning, reporting. Like the
//!   applier it does no I/O of its own: messages in, messages out.
//! - [`Scope`], [`ScanRequest`], [`PartitionAnswer`]: a scan with exact counts of what was eligible
//!   and what was scanned. [`Scanner`] is the seam to what scans, [`merge`] makes one list of
//!   parts.
//! - [`Room`]: what bounds the queue of a thread that owns a core.

mod applier;
mod backup;
mod bytes;
pub mod conformance;
mod cut;
mod disk;
mod effect;
mod host;
mod identity;
mod kv;
mod message;
mod mutation;
mod record;
mod room;
mod scan;
mod scanner;
mod summary;
mod tail;

pub use applier::{Applied, Applier, ApplierError, Checkpoint};
pub use backup::{BackupPart, Keep, KeepNothing, NoBackupPart};
pub use bytes::{Code, CodecError, Payload, Reader, Writer};
pub use cut::{CoarseKey, Cut, Merged, cut_coarsely, finalists, merge};
pub use disk::DiskRoom;
pub use effect::{Effect, MarkKind};
pub use host::{Host, HostSettings, ReplicaPhase, Stores};
pub use identity::{
    ClusterId, CoordinatorId, EncounterId, Epoch, Generation, LogIndex, NodeId, NodeIdentity,
    PartitionId, PersonId,
};
pub use kv::{Batch, Change, Kv, KvError, MemoryKv, Pair};
pub use message::{
    Assigned, Assignment, FromNode, HostInput, HostOutput, MarkDigest, NodeReport, Peer,
    RecordFound, RecordWanted, ReplicaReport, ToNode,
};
#[cfg(feature = "mutations")]
pub use mutation::set_mutation;
pub use mutation::{Mutation, is_mutated};
pub use record::{EncounterState, GALLERIES, GalleryId, GallerySet, Record};
pub use room::Room;
pub use scan::{Hit, Lane, PartitionAnswer, ScanAnswer, ScanFault, ScanRequest, ScanTarget, Scope};
pub use scanner::{MemoryScanner, ResidentChange, ScanDone, ScanJob, Scanned, Scanner, Scorer};
pub use summary::{SetDigest, Summary};
pub use tail::{Position, TailAnswer, TailRequest, TailSegment};
