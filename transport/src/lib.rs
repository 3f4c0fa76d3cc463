//! Connections between the processes of a cluster, and to its clients.
//!
//! - [`certificates`]: a private authority. [`Identity`]: who a process is, by its certificate.
//! - [`Security`]: TLS in which both sides show one, or plain text on loopback addresses.
//! - [`PublicService`], [`Client`]: both ends of the public service.
//! - [`Receipt`]: what a coordinator signs of a search or an erasure; [`Audited`] compares it with
//!   the audit chain.
//! - [`CoordinatorDesk`]: the public service in front of a running coordinator. [`Health`]: what
//!   probes are told. [`BackupService`], [`BackupClient`]: what processes keep of a backup.
//! - [`CoordinatorLinks`], [`NodeLinks`]: what the runtimes send through. They never wait: what
//!   does not fit a queue, or finds no connection, is dropped, as the core expects of a network.
//!
//! Nodes connect to every coordinator, and everything between the two travels on that one stream;
//! so a coordinator needs no address of a node. Nodes reach each other at the addresses that they
//! gave the coordinators; whoever answers there must hold the certificate of that very node.

mod backoff;
mod backups;
pub mod certificates;
mod client;
mod coordinator_links;
mod desk;
mod greeting;
mod health;
mod identity;
mod node_links;
mod outbox;
mod receipt;
mod refusal;
mod security;
mod service;
mod statement;
mod waiting;

pub use backups::{BackupClient, BackupService, Shelf};
pub use client::{AuditPage, Change, Client, ClientError, Done, knowledge};
pub use coordinator_links::{
    ConnectedNode, CoordinatorLinkService, CoordinatorLinks, CoordinatorLinksSettings, Deliver,
    IsKnown,
};
pub use desk::CoordinatorDesk;
pub use greeting::Terms;
pub use health::{Health, probe, reflection};
pub use identity::{Identity, IdentityError, Role};
pub use node_links::{DeliverToNode, NodeLinkService, NodeLinks, NodeLinksSettings};
pub use receipt::{Receipt, ReceiptError};
pub use security::{Caller, Credentials, Security, SecurityError};
pub use service::{Answering, Clock, Desk, PublicService};
pub use statement::{Audited, Speaker};
