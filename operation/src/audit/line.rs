//! A record of the audit chain as a line of text: what it says for people, and the bytes that its
//! head is computed over.

use anyhow::{Context, anyhow, ensure};
use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::command::ErasureTarget;
use coordinator::search::SearchIntent;
use replication::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Heading {
    /// The version of the file; 1.
    pub(super) format: u32,
    /// Name and id of the cluster.
    pub(super) cluster: String,
    pub(super) id: String,
    /// Height and head before the first record.
    pub(super) height: u64,
    pub(super) head: String,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    height: u64,
    /// Where in the log.
    index: u64,
    /// The cluster's time, in milliseconds since 1970.
    time_ms: u64,
    event: Value,
    /// The event as it counts, hexadecimal.
    bytes: String,
    head: String,
}

/// Bytes, hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Back.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |n: usize| u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok();
    text.len().is_multiple_of(2).then(|| (0..text.len() / 2).map(digit).collect())?
}

/// Back, of a head.
pub(super) fn head(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
    bytes.with_context(|| format!("`{text}` is no head of a chain"))
}

impl Line {
    /// A record as a line.
    pub(super) fn of(record: &AuditRecord) -> Self {
        Self {
            height: record.height,
            index: record.index,
            time_ms: record.time_ms,
            event: event(&record.event),
            bytes: hex(&record.event.encode()),
            head: hex(&record.head),
        }
    }

    /// The record; what the line says for people must be what its bytes say.
    ///
    /// # Errors
    /// When it is damaged or contradicts itself.
    pub(super) fn record(&self) -> anyhow::Result<AuditRecord> {
        let bytes = unhex(&self.bytes).context("`bytes` are not hexadecimal")?;
        let decoded = AuditEvent::decode(&bytes).map_err(|error| anyhow!("`bytes`: {error}"))?;
        ensure!(event(&decoded) == self.event, "the event is not the one that its bytes say");
        let Self { height, index, time_ms, .. } = *self;
        Ok(AuditRecord { height, index, time_ms, event: decoded, head: head(&self.head)? })
    }
}

fn id(id: u128) -> String {
    format!("{id:032x}")
}

/// Who wants to know what, and why.
fn intent(what: &str, intent: &SearchIntent) -> Value {
    json!({
        "what": what,
        "search": id(intent.search),
        "requester": id(intent.requester),
        "purpose": intent.purpose,
        "case": intent.case,
        "probe_sha256": hex(&intent.probe_digest),
        "active_only": intent.scope.0.active_only,
        "gallery": intent.scope.0.gallery.map(|gallery| gallery.index()),
        "threshold": intent.threshold,
    })
}

/// An event for people. Numbers of 16 bytes are hexadecimal.
fn event(event: &AuditEvent) -> Value {
    match event {
        AuditEvent::Intent(search) => intent("a search begins", search),
        AuditEvent::Verification(verification) => {
            let mut said = intent("a comparison with one person begins", &verification.search);
            said["person"] = id(verification.person.0).into();
            said
        }
        AuditEvent::Outcome(outcome) => json!({
            "what": "a search ends",
            "search": id(outcome.search),
            "as_of": outcome.as_of,
            "complete": outcome.is_complete,
            "eligible": outcome.eligible,
            "scanned": outcome.scanned,
            "candidates": outcome.candidates.iter()
                .map(|(encounter, score)| json!({ "encounter": id(encounter.0), "score": score }))
                .collect::<Vec<_>>(),
        }),
        AuditEvent::Erasure(erase) => json!({
            "what": "an erasure",
            "encounter": match erase.target {
                ErasureTarget::Encounter(encounter) => Some(id(encounter.0)),
                ErasureTarget::Person(_) => None,
            },
            "person": match erase.target {
                ErasureTarget::Person(person) => Some(id(person.0)),
                ErasureTarget::Encounter(_) => None,
            },
            "basis": erase.basis,
            "requester": id(erase.requester),
            "approver": erase.approver.map(id),
        }),
        AuditEvent::Fetch(intent) => json!({
            "what": "what was enrolled is handed out",
            "requester": id(intent.requester),
            "purpose": intent.purpose,
            "case": intent.case,
            "encounter": id(intent.encounter.0),
        }),
        AuditEvent::Adjudication(decision) => json!({
            "what": "a decision about a held encounter",
            "encounter": id(decision.encounter.0),
            "accepted": decision.accept,
            "examiner": id(decision.examiner),
            "approver": id(decision.approver),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coordinator::command::{Adjudicate, Erase};
    use coordinator::search::{FetchIntent, LoggedScope, SearchOutcome, VerificationIntent};
    use replication::{EncounterId, PersonId, Scope};

    fn events() -> [AuditEvent; 6] {
        let scope = LoggedScope(Scope { active_only: true, gallery: None });
        let search = SearchIntent {
            search: 1,
            requester: 2,
            purpose: 3,
            case: 4,
            probe_digest: [5; 32],
            scope,
            threshold: 0,
        };
        [
            AuditEvent::Intent(search),
            AuditEvent::Verification(VerificationIntent { search, person: PersonId(6) }),
            AuditEvent::Fetch(FetchIntent {
                requester: 2,
                purpose: 3,
                case: 4,
                encounter: EncounterId(8),
            }),
            AuditEvent::Outcome(SearchOutcome {
                search: 1,
                as_of: 7,
                is_complete: true,
                eligible: 9,
                scanned: 9,
                candidates: vec![(EncounterId(8), 700)],
            }),
            AuditEvent::Erasure(Erase {
                target: ErasureTarget::Person(PersonId(6)),
                basis: 17,
                requester: 2,
                approver: Some(3),
            }),
            AuditEvent::Adjudication(Adjudicate {
                encounter: EncounterId(8),
                accept: false,
                examiner: 1,
                approver: 2,
            }),
        ]
    }

    #[test]
    fn a_line_reads_back_and_says_what_its_bytes_say() {
        for (n, event) in events().into_iter().enumerate() {
            let record =
                AuditRecord { height: n as u64, index: 5, time_ms: 6, event, head: [7; 32] };
            let line = Line::of(&record);
            let text = serde_json::to_string(&line).unwrap();
            let read: Line = serde_json::from_str(&text).unwrap();
            assert_eq!(read.record().unwrap(), record);
            let mut other = line;
            other.event["what"] = "something else".into();
            assert!(other.record().unwrap_err().to_string().contains("not the one"));
        }
    }
}
