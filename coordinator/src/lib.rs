//! A coordinator: the core as pure code, messages and time in, messages and disk work out.
//!
//! - [`Coordinator`]: one coordinator. [`Input`] in, [`Output`] out, performed in their order.
//! - [`Catalog`]: the replicated state machine. Everything that decides is decided there.
//! - [`command`]: what the log holds. [`raft`]: how it is agreed on. [`log`]: how it lies on disk.
//! - [`Fanout`]: one probe against every partition, with exact coverage.
//! - [`reconciler`], [`retention`]: what the leader plans.
//!
//! Files, clocks and threads belong to the [`shell`] around it; `simulation` is another. Sockets
//! are behind [`shell::Links`].

pub mod catalog;
pub mod command;
mod core;
mod fanout;
pub mod log;
mod message;
pub mod raft;
pub mod reconciler;
pub mod retention;
pub mod search;
pub mod shell;
mod view;

pub use catalog::{Catalog, Founding};
pub use core::{AdmissionLimits, Coordinator, Settings};
pub use fanout::{Coverage, Fanout, Hedging, Question};
pub use message::{
    Acknowledge, Alarm, Candidate, ClientRequest, Fetch, HeldRow, Identified, Identify, Input,
    Inquiry, Missing, Output, PeerMessage, Request, Response, Unavailable,
};
pub use reconciler::Pace;
pub use view::View;
