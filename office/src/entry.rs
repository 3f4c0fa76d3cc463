//! What stands in a ledger.

use jiff::Timestamp;
use registry::{AuditEntry, CommandId, Effect, Entities, Outcome};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry: whole or not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// The first: what a new registry begins with.
    Founded {
        /// When.
        at: Timestamp,
        /// Its settings.
        changes: Box<Entities>,
    },
    /// A command was carried out.
    Change {
        /// The command.
        command: CommandId,
        /// SHA-256 of the command with its actor, so that another one under the same name is told
        /// from a repetition.
        digest: String,
        /// What came of it.
        outcome: Outcome,
        /// Its line of the audit trail.
        audit: AuditEntry,
        /// What it changed.
        changes: Box<Entities>,
        /// What is to be done, in this order.
        effects: Vec<Effect>,
    },
    /// A command was refused: nothing changed.
    Refused {
        /// Its line of the audit trail.
        audit: AuditEntry,
    },
    /// Something was done.
    Done {
        /// When.
        at: Timestamp,
        /// What.
        effect: EffectId,
        /// How it ended, in words without personal data.
        note: String,
    },
}

impl Entry {
    /// The line of the audit trail, if it has one.
    pub const fn audit(&self) -> Option<&AuditEntry> {
        match self {
            Self::Change { audit, .. } | Self::Refused { audit } => Some(audit),
            Self::Founded { .. } | Self::Done { .. } => None,
        }
    }
}

/// An entry with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// From 0, without gaps.
    pub number: u64,
    /// The entry.
    pub entry: Entry,
}

/// Names one effect for good: the entry that asked for it, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    /// The entry.
    pub entry: u64,
    /// Its place among the effects, from 0.
    pub place: u32,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.entry, self.place)
    }
}
