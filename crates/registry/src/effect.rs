//! What the shell does after a command was stored: nothing here is carried out by the registry.

use crate::{
    AccessId, AccountId, Action, Body, BodyId, CaseId, Contact, Content, Digest, Field, FormCode,
    GenomicRecord, Mark, Matter, NoticeChannel, NoticeKind, ObligationKey, OfficerName, OrderKind,
    PersonId, Purpose, QueryId, Reference, RegistrationId, RequestId, Role, Subject, Text, Value,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// One line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: Role,
    /// Of which body.
    pub body: BodyId,
    /// Where.
    pub station: Option<Text>,
    /// What.
    pub action: Action,
    /// For which use of clause 43.
    pub purpose: Option<Purpose>,
    /// About what.
    pub about: Option<String>,
    /// `OK`, or the code of the refusal.
    pub result: Cow<'static, str>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Append to the audit trail.
    Audit(AuditEntry),
    /// Show a capture order in the document-issuance application (21-2, 21-3).
    CreateOrder {
        /// The case.
        case: CaseId,
        /// Its number within the case.
        number: u32,
        /// What is to be captured.
        kind: OrderKind,
    },
    /// Enroll after a search over all registrations.
    EnrollWithDuplicateCheck {
        /// The case.
        case: CaseId,
        /// The question that the answer names.
        question: u32,
        /// Under which name.
        subject: Subject,
        /// Thousandths of similarity.
        threshold: u32,
    },
    /// Make the held enrollment searchable: the registration is committed.
    ConfirmEnrollment {
        /// Under which name.
        subject: Subject,
        /// The capture it belongs to, from 1.
        record: u32,
    },
    /// Drop the held enrollment: no registration came of it.
    DropEnrollment {
        /// The case.
        case: CaseId,
        /// Under which name; what was confirmed under it stays.
        subject: Subject,
    },
    /// Compare a live capture.
    Compare {
        /// The case.
        case: CaseId,
        /// The question that the answer names.
        question: u32,
        /// Against what.
        reference: Reference,
        /// Whose prints on file.
        subject: Option<Subject>,
        /// The prints read from the document.
        document: Option<Digest>,
        /// The live capture.
        live: Digest,
        /// Thousandths of similarity.
        threshold: u32,
    },
    /// Search or compare outside a case.
    Ask {
        /// The query.
        query: QueryId,
        /// Whose prints on file; none for a search.
        subject: Option<Subject>,
        /// The prints.
        prints: Digest,
        /// The use.
        purpose: Purpose,
        /// Thousandths of similarity.
        threshold: u32,
    },
    /// Set the mark in the document-issuance application.
    SetMark(Mark),
    /// Take the mark back.
    WithdrawMark {
        /// Whose.
        person: PersonId,
    },
    /// Erase the prints from every replica.
    Erase {
        /// Under which name.
        subject: Subject,
    },
    /// The case goes on about another person of the registry.
    Relink {
        /// The case.
        case: CaseId,
        /// The person that was registered before.
        person: PersonId,
    },
    /// Print or send a form of the annexes.
    Form(Box<Form>),
    /// Send a notice to an applicant.
    Notify {
        /// The application.
        access: AccessId,
        /// Its number.
        number: u32,
        /// What it says.
        kind: NoticeKind,
        /// Which way.
        channel: NoticeChannel,
        /// How the applicant is reached.
        contact: Contact,
        /// Time and place, of an appointment.
        appointment: Option<(Timestamp, Text)>,
    },
    /// Send a form to a forensic unit through the document management system.
    SendForm {
        /// The application.
        access: AccessId,
        /// Which form.
        form: FormCode,
        /// To whom.
        to: Role,
    },
    /// Send fingerprint information to the migration unit through the document management system.
    SendInformation {
        /// The application.
        access: AccessId,
        /// Whose.
        registration: RegistrationId,
    },
    /// Answer a request of a state body.
    Answer {
        /// The request.
        request: RequestId,
        /// What is released: exactly this.
        content: BTreeSet<Content>,
        /// Seal over it.
        seal: Digest,
    },
    /// Tell officer and head of the unit.
    Alert {
        /// Why.
        alert: Alert,
        /// The unit.
        body: BodyId,
    },
}

/// Why people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// Half of the time, or the time set for it, is used.
    HalfTime(ObligationKey),
    /// The time is over.
    Overdue(ObligationKey),
    /// Mark and central system disagree.
    Inconsistent(CaseId),
    /// Another person, or nobody knows.
    Escalated(CaseId),
    /// A registered citizen will not be verified (OP-18).
    WillNotBeVerified(CaseId),
    /// A file for the administrative procedure can be prepared by people.
    RefusalFile(CaseId),
    /// A hit waits for two decisions.
    Adjudicate(CaseId),
    /// Two decisions differ.
    Conflict(CaseId),
    /// Neither cabinet, number nor address: register a call by hand.
    CallByHand(Matter),
}

/// A form with what it prints (section 4 of the requirements).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Form 1-1; its content is the refusal of the case.
    Refusal {
        /// The case.
        case: CaseId,
        /// The head of this body is addressed.
        addressee: Text,
    },
    /// Form 3-1, on paper only.
    Certificate {
        /// The case.
        case: CaseId,
        /// Names, birth date and number of the person.
        fields: BTreeMap<Field, Value>,
        /// The identifier.
        registration: RegistrationId,
        /// The body.
        authority: Text,
        /// Who captured: name, position, rank.
        officer: (OfficerName, Text, Option<Text>),
        /// When the capture was made.
        captured_at: Timestamp,
        /// Whether it was printed before.
        duplicate: bool,
    },
    /// Form 3-2.
    Copy {
        /// The application.
        access: AccessId,
        /// The identifier.
        registration: RegistrationId,
        /// Who asks: name and position.
        initiator: (OfficerName, Text),
        /// When.
        at: Timestamp,
    },
    /// Form 3-3.
    Card {
        /// The application.
        access: AccessId,
        /// Whose card: the names on file.
        subject: BTreeMap<Field, Value>,
        /// The identifier.
        registration: RegistrationId,
        /// Who asks: name and position.
        initiator: (OfficerName, Text),
        /// When.
        at: Timestamp,
    },
    /// Form 4-1; the profile comes from the genomic subsystem.
    Dna {
        /// The application.
        access: AccessId,
        /// Where the profile is.
        record: GenomicRecord,
        /// Who signs: name and position.
        official: (OfficerName, Text),
        /// When.
        at: Timestamp,
        /// Whether it goes to the cabinet, or is handed over in person (OP-23).
        to_cabinet: bool,
    },
}

/// The unit that an alert goes to.
pub(crate) fn alert(alert: Alert, body: &Body) -> Effect {
    Effect::Alert { alert, body: body.id.clone() }
}
