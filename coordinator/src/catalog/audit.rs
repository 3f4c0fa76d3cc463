//! The audit chain: who searched for what, who erased, who decided.
//!
//! Every record's head is SHA-256 over the head before it, its height, its log index, the cluster's
//! time and its event, so none can be changed, left out or put in without all later heads changing.

use super::Catalog;
use crate::command::{Adjudicate, AuditSeal, Erase, Outcome, Refusal};
use crate::search::{FetchIntent, SearchIntent, SearchOutcome, VerificationIntent};
use replication::{Code, LogIndex, code_enum, code_struct};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// A search is about to start.
    Intent(SearchIntent),
    /// What it returned.
    Outcome(SearchOutcome),
    /// Something was erased.
    Erasure(Erase),
    /// A human decided about a duplicate.
    Adjudication(Adjudicate),
    /// A comparison with one person is about to start.
    Verification(VerificationIntent),
    /// Somebody is about to be handed what was enrolled.
    Fetch(FetchIntent),
}

code_enum!(AuditEvent, "an audit event" {
    0 => Intent, 1 => Outcome, 2 => Erasure, 3 => Adjudication, 4 => Verification, 5 => Fetch
});

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Counts records from 1.
    pub height: u64,
    /// Where in the log.
    pub index: LogIndex,
    /// The cluster's time, in milliseconds since 1970.
    pub time_ms: u64,
    /// What happened.
    pub event: AuditEvent,
    /// The chain up to and with this record.
    pub head: [u8; 32],
}

code_struct!(AuditRecord { height, index, time_ms, event, head });

impl AuditRecord {
    /// What the head must be after `before`.
    pub fn head_after(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(before);
        hasher.update(self.height.to_le_bytes());
        hasher.update(self.index.to_le_bytes());
        hasher.update(self.time_ms.to_le_bytes());
        hasher.update(self.event.encode());
        hasher.finalize().into()
    }
}

/// The chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    sealed_height: u64,
    sealed_head: [u8; 32],
    /// Records since the seal.
    tail: Vec<AuditRecord>,
    /// Searches without an outcome yet, with the index of their intent.
    open: BTreeMap<u128, LogIndex>,
}

code_struct!(Audit { sealed_height, sealed_head, tail, open });

impl Audit {
    /// Height and head of the latest seal.
    pub fn seal_point(&self) -> (u64, [u8; 32]) {
        (self.sealed_height, self.sealed_head)
    }

    /// Records since the seal, oldest first.
    pub fn tail(&self) -> &[AuditRecord] {
        &self.tail
    }

    /// Height and head of the chain.
    pub fn head(&self) -> (u64, [u8; 32]) {
        self.tail.last().map_or(self.seal_point(), |last| (last.height, last.head))
    }

    /// Whether every link follows from the one before, from the seal on.
    pub fn verify(&self) -> bool {
        let (mut height, mut head) = self.seal_point();
        self.tail.iter().all(|record| {
            height += 1;
            let fits = record.height == height && record.head == record.head_after(&head);
            head = record.head;
            fits
        })
    }

    fn record(&mut self, index: LogIndex, time_ms: u64, event: AuditEvent) {
        let (height, before) = self.head();
        let height = height + 1;
        let mut record = AuditRecord { height, index, time_ms, event, head: before };
        record.head = record.head_after(&before);
        self.tail.push(record);
    }

    pub(super) fn seal(&mut self, seal: AuditSeal) -> Outcome {
        let at = self.tail.iter().position(|record| record.height == seal.height);
        let Some(at) = at.filter(|at| self.tail[*at].head == seal.head) else {
            return Outcome::Refused(Refusal::Stale);
        };
        let sealed = self.tail[at].index;
        self.tail.drain(..=at);
        (self.sealed_height, self.sealed_head) = (seal.height, seal.head);
        // A search this old without an outcome never gave an answer.
        self.open.retain(|_, index| *index > sealed);
        Outcome::Applied
    }
}

impl Catalog {
    /// Puts on record that a search begins.
    pub(super) fn open_search(&mut self, search: u128, intent: AuditEvent) -> Outcome {
        if let Some(at) = self.audit.open.get(&search) {
            return Outcome::AlreadyApplied(*at);
        }
        self.audit.open.insert(search, self.applied);
        self.audit.record(self.applied, self.time_ms, intent);
        Outcome::Applied
    }

    pub(super) fn close_search(&mut self, outcome: SearchOutcome) -> Outcome {
        if self.audit.open.get(&outcome.search) != Some(&outcome.as_of) {
            return Outcome::Refused(Refusal::NotFound);
        }
        self.audit.open.remove(&outcome.search);
        self.audit.record(self.applied, self.time_ms, AuditEvent::Outcome(outcome));
        Outcome::Applied
    }

    pub(super) fn audit_fetch(&mut self, intent: FetchIntent) -> Outcome {
        self.audit.record(self.applied, self.time_ms, AuditEvent::Fetch(intent));
        Outcome::Applied
    }

    pub(super) fn audit_erasure(&mut self, erase: Erase) {
        self.audit.record(self.applied, self.time_ms, AuditEvent::Erasure(erase));
    }

    pub(super) fn audit_adjudication(&mut self, decision: Adjudicate) {
        self.audit.record(self.applied, self.time_ms, AuditEvent::Adjudication(decision));
    }
}
