//! Linearizable reads: what is told was so after the question was asked.

use super::Coordinator;
use crate::catalog::{AuditEvent, AuditRecord};
use crate::message::{HeldRow, Inquiry, Output, Response, Unavailable};
use replication::is_mutated;
use replication::{Code, EncounterId, EncounterState, LogIndex, Mutation, Payload};
use std::ops::Bound;

/// Most encounters in one answer.
const HELD_ROWS_MAX: usize = 200;
/// Candidates and records of the audit in one answer, about.
const AUDIT_ITEMS_MAX: usize = 8_000;

/// A read that waits.
pub(super) struct Read {
    request: u64,
    inquiry: Inquiry,
    deadline: u64,
    asked_at: u64,
    /// What must be applied, once the majority said so.
    ready_at: Option<LogIndex>,
}

impl Read {
    pub(super) fn new(request: u64, inquiry: Inquiry, deadline: u64, now: u64) -> Self {
        Self { request, inquiry, deadline, asked_at: now, ready_at: None }
    }
}

impl Coordinator {
    pub(super) fn begin_read(&mut self, read: Read, out: &mut Vec<Output>) {
        if is_mutated(Mutation::ReadWithoutBarrier) {
            out.push(Output::Client(read.request, self.told(read.inquiry)));
            return;
        }
        self.sequence += 1;
        let sequence = self.sequence;
        self.reads.insert(sequence, read);
        self.member.read_index(&self.context(sequence));
    }

    fn context(&self, sequence: u64) -> Payload {
        Payload::from((self.settings.boot, sequence).encode())
    }

    pub(super) fn read_ready(&mut self, context: &Payload, index: LogIndex) {
        let Ok((boot, sequence)) = <(u64, u64)>::decode(context.as_bytes()) else { return };
        if boot == self.settings.boot
            && let Some(read) = self.reads.get_mut(&sequence)
        {
            read.ready_at = Some(index);
        }
    }

    pub(super) fn answer_reads(&mut self, out: &mut Vec<Output>) {
        let applied = self.catalog.applied();
        let ready = |read: &Read| read.ready_at.is_some_and(|index| index <= applied);
        let ready: Vec<u64> =
            self.reads.iter().filter(|(_, read)| ready(read)).map(|(id, _)| *id).collect();
        for sequence in ready {
            if let Some(read) = self.reads.remove(&sequence) {
                out.push(Output::Client(read.request, self.told(read.inquiry)));
            }
        }
    }

    /// The library drops reads in silence while there is no leader: ask again.
    pub(super) fn expire_reads(&mut self, now: u64, out: &mut Vec<Output>) {
        let late: Vec<u64> =
            self.reads.iter().filter(|(_, r)| now >= r.deadline).map(|(id, _)| *id).collect();
        for sequence in late {
            if let Some(read) = self.reads.remove(&sequence) {
                let reason = Unavailable::NoLeader;
                out.push(Output::Client(read.request, Response::Unavailable(reason)));
            }
        }
        let retry_ms = self.settings.retry_ms;
        let mut again = Vec::new();
        for (sequence, read) in &mut self.reads {
            if read.ready_at.is_none() && now >= read.asked_at + retry_ms {
                read.asked_at = now;
                again.push(*sequence);
            }
        }
        for sequence in again {
            self.member.read_index(&self.context(sequence));
        }
    }

    fn told(&self, inquiry: Inquiry) -> Response {
        match inquiry {
            Inquiry::State(encounter) => self.state_of(encounter),
            Inquiry::Held(after) => self.held_after(after),
            Inquiry::Audit(after) => self.audit_after(after),
        }
    }

    fn held_after(&self, after: Option<EncounterId>) -> Response {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut held = self.catalog.held().range((start, Bound::Unbounded));
        let rows = held.by_ref().take(HELD_ROWS_MAX).filter_map(|id| self.held_row(*id)).collect();
        let is_last = held.next().is_none();
        Response::Held { index: self.catalog.applied(), rows, is_last }
    }

    fn held_row(&self, encounter: EncounterId) -> Option<HeldRow> {
        let row = self.catalog.encounters().get(&encounter)?;
        let blockers = row.verdict.iter().flat_map(|verdict| &verdict.blockers);
        let alive = blockers.filter_map(|id| {
            let other = self.catalog.encounters().get(id)?;
            other.state.is_alive().then(|| (*id, self.catalog.resolve(other.person)))
        });
        let (person, enrolled_at) = (self.catalog.resolve(row.person), row.enrolled_at);
        Some(HeldRow { encounter, person, enrolled_at, matches: alive.collect() })
    }

    fn audit_after(&self, after: u64) -> Response {
        let audit = self.catalog.audit();
        let (sealed, head) = (audit.seal_point(), audit.head());
        let from = audit.tail().partition_point(|record| record.height <= after);
        let mut items = 0;
        let fits = |record: &&AuditRecord| {
            items += 1 + candidates_of(record);
            items <= AUDIT_ITEMS_MAX || items == 1 + candidates_of(record)
        };
        let records = audit.tail()[from..].iter().take_while(fits).cloned().collect();
        Response::Audit { index: self.catalog.applied(), sealed, head, records }
    }

    fn state_of(&self, encounter: EncounterId) -> Response {
        let erased = self.catalog.tombstones().get(&encounter).map(|_| EncounterState::Erased);
        let state = self.catalog.encounters().get(&encounter).map(|row| row.state).or(erased);
        Response::State { index: self.catalog.applied(), state }
    }
}

fn candidates_of(record: &AuditRecord) -> usize {
    match &record.event {
        AuditEvent::Outcome(outcome) => outcome.candidates.len(),
        _ => 0,
    }
}
