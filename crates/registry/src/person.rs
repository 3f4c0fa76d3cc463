//! A person in the registry: identity on one side, a subject of the galleries on the other.

use crate::{
    AccountId, Actor, Capture, CaseId, Category, Citizenship, Completeness, Damage, Digest, Field,
    GenomicRecord, MarkStatus, PersonId, RegistrationId, ReregistrationReason, Subject, Text,
    Value,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a record holds: exactly the fields of one clause.
pub type Fields = BTreeMap<Field, Value>;

/// A person. At most one registration, with a record for every capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// As the document-issuance application refers to it.
    pub id: PersonId,
    /// Raised by every change.
    pub version: u64,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// Of the last case.
    pub citizenship: Citizenship,
    /// The committed registration.
    pub registration: Option<Registration>,
    /// As it was sent to the document-issuance application.
    pub mark: Option<Mark>,
    /// All fingers or both hands are missing for good (clauses 21 and 33(1)).
    pub lacks_fingers: bool,
    /// A damaged citizen who will not be captured again (OP-20).
    pub not_recognisable: bool,
    /// Later versions of personal data, each with its basis; biometric data have versions of their
    /// own.
    pub corrections: Vec<Correction>,
    /// Registrations that were annulled or destroyed.
    pub annulments: Vec<Annulment>,
}

/// One registration of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// It never changes.
    pub identifier: RegistrationId,
    /// Under which the galleries hold the prints.
    pub subject: Subject,
    /// One for every capture, oldest first; numbered from 1.
    pub records: Vec<Record>,
}

/// What was recorded at one capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// From 1, without gaps.
    pub number: u32,
    /// Why it was made.
    pub kind: OrderKind,
    /// The category it was made under.
    pub category: Category,
    /// The version of the rules that says how to read it.
    pub rules: String,
    /// The case.
    pub case: CaseId,
    /// The fields of the category's clause.
    pub fields: Fields,
    /// The prints.
    pub capture: Capture,
    /// Whether fingers are still to be taken.
    pub completeness: Completeness,
    /// Of an acquired damage, its kind.
    pub damage: Option<Damage>,
    /// Who carried the registration out.
    pub made_by: Actor,
    /// When it was committed.
    pub at: Timestamp,
    /// The search that preceded it.
    pub search: SearchFacts,
}

/// What a search without a foreign hit looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchFacts {
    /// How many persons were searched.
    pub searched: u64,
    /// The engine that searched.
    pub engine: String,
    /// The threshold, in thousandths of similarity.
    pub threshold: u32,
    /// When the answer came.
    pub at: Timestamp,
}

/// What a capture order asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// The first registration.
    First,
    /// Clause 22 or 22-1.
    Again(ReregistrationReason),
    /// What a new category needs and is not on file.
    Supplement,
}

/// The registration mark of the document-issuance application: no biometric data (OP-34).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Whose.
    pub person: PersonId,
    /// Of a committed registration; none for a deferred capture or an exemption.
    pub identifier: Option<RegistrationId>,
    /// Since when.
    pub at: Timestamp,
    /// What it says.
    pub status: MarkStatus,
}

/// A change of personal data with its basis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: AccountId,
    /// The document behind it.
    pub basis: Text,
    /// The new values.
    pub fields: Fields,
}

/// The end of a registration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Annulment {
    /// When.
    pub at: Timestamp,
    /// Who proposed and who approved it.
    pub by: (AccountId, AccountId),
    /// Why.
    pub ground: AnnulmentGround,
    /// The act of destruction.
    pub act: Digest,
    /// What was annulled.
    pub identifier: RegistrationId,
}

/// Why a registration ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnulmentGround {
    /// It should not have been made.
    Error,
    /// A citizen took consent back and it was granted (OP-19).
    ConsentWithdrawn,
    /// Its retention period ended.
    RetentionEnded,
}

/// The link from a person to the genomic subsystem, kept apart with rights of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genomic {
    /// Whose.
    pub person: PersonId,
    /// Where the profile is.
    pub record: GenomicRecord,
    /// Since when.
    pub at: Timestamp,
}

impl Registration {
    /// The newest record.
    pub fn latest(&self) -> &Record {
        self.records.last().expect("a registration is made with its first record")
    }

    /// Whether some record has rolled fingers.
    pub fn has_rolled(&self) -> bool {
        self.records.iter().any(|r| r.capture.is_rolled() && r.capture.has_fingers())
    }

    /// Whether some record has palms.
    pub fn has_palms(&self) -> bool {
        self.records.iter().any(|r| r.capture.has_palms())
    }
}

impl Person {
    /// Somebody without anything on file.
    pub fn new(id: PersonId, citizenship: Citizenship, at: Timestamp) -> Self {
        Self {
            id,
            version: 0,
            changed_at: at,
            citizenship,
            registration: None,
            mark: None,
            lacks_fingers: false,
            not_recognisable: false,
            corrections: Vec::new(),
            annulments: Vec::new(),
        }
    }

    /// The value of a field as it stands now: the last correction, else the last record.
    pub fn current(&self, field: Field) -> Option<&Value> {
        let corrected = self.corrections.iter().rev().find_map(|c| c.fields.get(&field));
        let recorded = || {
            let records = &self.registration.as_ref()?.records;
            records.iter().rev().find_map(|record| record.fields.get(&field))
        };
        corrected.or_else(recorded)
    }
}
