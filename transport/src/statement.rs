//! What receipts say, line by line.
//!
//! Lines that also stand in the audit chain are written by one function each, from the record of
//! the chain, so whoever holds a receipt and an export of the chain can compare them word by word.

use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::command::ErasureTarget;
use coordinator::search::{LoggedScope, SearchIntent, SearchOutcome};
use coordinator::{Identified, Identify, Missing};
use replication::{ClusterId, Generation, LogIndex, PersonId};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The line that names the cluster.
pub(crate) const CLUSTER: &str = "cluster";
/// The line that says when.
pub(crate) const ANSWERED: &str = "answered";

/// Who makes statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Id of the cluster.
    pub cluster: ClusterId,
    /// Which founding of it.
    pub generation: Generation,
    /// Name and version of the program, and what its scores depend on.
    pub release: String,
}

/// The value of a line.
pub(crate) fn line<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(key)?.strip_prefix(": ");
    text.lines().find_map(value)
}

/// The time of a line, in seconds since 1970.
pub(crate) fn seconds_of(text: &str) -> Option<u64> {
    OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp().try_into().ok()
}

/// As RFC 3339 has it, in UTC, to the second.
fn time_of(now_s: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(now_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

fn heading(what: &str, speaker: &Speaker, cluster: &str, now_s: i64) -> String {
    format!(
        "tanba receipt of {what}, format 1\n\n\
         {CLUSTER}: {cluster}\ncluster id: {:032x}\ngeneration: {}\n\
         {ANSWERED}: {}\nrelease: {}\n\n",
        speaker.cluster.0,
        speaker.generation.0,
        time_of(now_s),
        speaker.release,
    )
}

/// What was searched, for whom, and what came out. `cluster` is its name, `now_s` in seconds since
/// 1970.
pub(crate) fn of_search(
    asked: &Identify,
    found: &Identified,
    speaker: &Speaker,
    cluster: &str,
    now_s: i64,
) -> String {
    let intent = SearchIntent {
        search: found.search,
        requester: asked.requester,
        purpose: asked.purpose,
        case: asked.case,
        probe_digest: Sha256::digest(asked.probe.as_bytes()).into(),
        scope: LoggedScope(asked.scope),
        threshold: asked.threshold,
    };
    let outcome = SearchOutcome {
        search: found.search,
        as_of: found.as_of,
        is_complete: found.is_complete,
        eligible: found.eligible,
        scanned: found.scanned,
        candidates: found.candidates.iter().map(|c| (c.encounter, c.score)).collect(),
    };
    let mut text = heading("a search", speaker, cluster, now_s);
    text.push_str(&intent_lines(&intent, asked.person));
    text.push('\n');
    text.push_str(&outcome_lines(&outcome));
    text.push('\n');
    for (n, candidate) in found.candidates.iter().enumerate() {
        let (person, rarity) = (candidate.person.0, candidate.rarity);
        // `fmt::Write` to memory takes any text.
        let _ = writeln!(text, "person {}: {person:032x}, rarity {rarity}", n + 1);
    }
    for (partition, missing) in &found.missing {
        let why = match missing {
            Missing::NoReplica => "no complete replica was up",
            Missing::NoAnswer => "no replica answered in time",
            Missing::Unverified => "its counts could not be checked in time",
        };
        let _ = writeln!(text, "missing partition {}: {why}", partition.0);
    }
    text
}

fn intent_lines(intent: &SearchIntent, person: Option<PersonId>) -> String {
    let LoggedScope(scope) = intent.scope;
    let compared = person.map_or("everybody".to_owned(), |person| format!("{:032x}", person.0));
    let gallery = scope.gallery.map_or("any".to_owned(), |gallery| gallery.index().to_string());
    let states = if scope.active_only { "left out" } else { "compared, too" };
    format!(
        "search: {:032x}\nasked by: {:032x}\npurpose: {}\ncase: {}\nprobe sha256: {}\n\
         compared with: {compared}\ngallery: {gallery}\npending and held: {states}\n\
         lowest similarity listed: {}\n",
        intent.search,
        intent.requester,
        intent.purpose,
        intent.case,
        hex(&intent.probe_digest),
        intent.threshold,
    )
}

fn outcome_lines(outcome: &SearchOutcome) -> String {
    let mut text = format!(
        "outcome of: {:032x}\nas of: {}\ncomplete: {}\neligible: {}\ncompared: {}\n\
         candidates: {}\n",
        outcome.search,
        outcome.as_of,
        if outcome.is_complete { "yes" } else { "NO" },
        outcome.eligible,
        outcome.scanned,
        outcome.candidates.len(),
    );
    for (n, (encounter, score)) in outcome.candidates.iter().enumerate() {
        let _ = writeln!(
            text,
            "candidate {}: encounter {:032x}, similarity {score}",
            n + 1,
            encounter.0
        );
    }
    text
}

/// That somebody or something was erased, and where that stands in the log.
pub(crate) fn of_erasure(
    target: ErasureTarget,
    index: LogIndex,
    speaker: &Speaker,
    cluster: &str,
    now_s: i64,
) -> String {
    let mut text = heading("an erasure", speaker, cluster, now_s);
    text.push_str(&erasure_lines(target, index));
    text
}

fn erasure_lines(target: ErasureTarget, index: LogIndex) -> String {
    let erased = match target {
        ErasureTarget::Encounter(encounter) => format!("encounter {:032x}", encounter.0),
        ErasureTarget::Person(person) => format!("person {:032x}", person.0),
    };
    format!(
        "erased: {erased}\nerased at: {index}\n\
         no search whose answer says `as of` {index} or later finds what was erased\n"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How much of what a receipt says the audit chain was seen to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audited {
    begun: bool,
    ended: bool,
}

impl Audited {
    /// Compares a record of the chain with the text of a receipt.
    pub fn see(&mut self, record: &AuditRecord, text: &str) {
        let says = |lines: &str| text.contains(&format!("\n\n{lines}"));
        match &record.event {
            AuditEvent::Intent(intent) => self.begun |= says(&intent_lines(intent, None)),
            AuditEvent::Verification(intent) => {
                self.begun |= says(&intent_lines(&intent.search, Some(intent.person)));
            }
            AuditEvent::Outcome(outcome) => self.ended |= says(&outcome_lines(outcome)),
            AuditEvent::Erasure(erase) if says(&erasure_lines(erase.target, record.index)) => {
                *self = Self { begun: true, ended: true };
            }
            AuditEvent::Erasure(_) | AuditEvent::Adjudication(_) | AuditEvent::Fetch(_) => {}
        }
    }

    /// Whether the chain held all of it.
    pub fn is_whole(&self) -> bool {
        self.begun && self.ended
    }
}
