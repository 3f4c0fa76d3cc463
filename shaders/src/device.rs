//! Stage 1 on accelerators: one owner thread per device, and a session for whoever searches.
//!
//! A [`Device`] holds *shelves* of references in its memory, scores the prints of a pass against
//! them, and answers with the best persons, exactly as the twins would. Every submission is waited
//! for with a deadline, no tile of work lasts longer than about 50 ms, and a search can be
//! cancelled between tiles.
//!
//! Trust: known records with known scores are compared at the start and every few seconds, and
//! before an answer leaves when the last comparison is older than that; each comparison also
//! digests a part of the resident references. A mismatch bans the device. A lost device leaves
//! service, is opened again once, and is down for good when that fails or when it is lost again too
//! soon.
//!
//! Nothing falls back to the processor by itself: whoever opens devices decides, and says so.

mod adapters;
mod canary;
mod error;
mod fault;
mod gpu;
mod handle;
mod options;
pub(crate) mod peaks;
pub(crate) mod pipelines;
mod ranking;
mod scoring;
mod scratch;
mod shelf;
mod worker;

pub use adapters::{AdapterKind, AdapterSummary, Adapters};
pub use error::DeviceError;
pub use fault::Fault;
pub use handle::{BLOCK_RECORDS, Device, Part, PassPlan, Session, Watch};
pub use options::{DeviceChoice, DeviceOptions, LimitsChoice};
pub use peaks::Peaks;
pub use worker::DeviceState;
