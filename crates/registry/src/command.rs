//! What can be asked of the registry.

use crate::{
    AccessId, AccountId, Action, Actor, AnnulmentGround, ApplicationChannel, BirthDate, Body,
    Capture, CaseId, Category, Citizenship, CommandId, Conclusion, Contact, Content, Damage,
    Digest, DocumentKind, Exemption, Field, Finding, FormCode, GenomicRecord, MarkStatus, Matter,
    Measure, MovedDay, ObligationKey, PersonId, QueryId, Reason, Reference, RefusalForm,
    RegistrationId, Representative, RequestId, RequestKind, Subject, Text, Track, Value,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A command with who gives it and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Carried out once.
    pub id: CommandId,
    /// The version of the case, application or request that the officer read; systems may leave it
    /// out, and what is opened has none.
    pub expected: Option<u64>,
    /// Who, with which authority.
    pub actor: Actor,
    /// When it was accepted.
    pub now: Timestamp,
    /// What.
    pub command: Command,
}

/// How a command is written: in documents for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Its name in this crate; written in snake case.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// What a role must be allowed to do.
    pub action: Action,
    /// Fields with the types that this crate gives them.
    pub fields: &'static [(&'static str, &'static str)],
}

impl Shape {
    /// The key under which it is written.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for letter in self.name.chars() {
            if letter.is_uppercase() && !key.is_empty() {
                key.push('_');
            }
            key.extend(letter.to_lowercase());
        }
        key
    }
}

/// Declares the commands: variant, what it needs to be allowed, its target and its fields.
macro_rules! commands {
    ($( $(#[doc = $doc:literal])* $name:ident : $action:ident, $target:ident
        { $( $field:ident : $type:ty ),* $(,)? } )*) => {
        /// A command. Fields named `case`, `access` and `request` say on what it acts.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        #[expect(missing_docs, reason = "fields are named after the types they hold")]
        pub enum Command { $( $(#[doc = $doc])* $name { $( $field: $type ),* }, )* }

        /// The commands as programs write them, in the order of declaration.
        pub const SHAPES: &[Shape] = &[$( Shape {
            name: stringify!($name),
            about: concat!($($doc),*),
            action: Action::$action,
            fields: &[$( (stringify!($field), stringify!($type)) ),*],
        } ),*];

        impl Command {
            /// What a role must be allowed to do.
            pub fn action(&self) -> Action {
                match self { $( Self::$name { .. } => Action::$action, )* }
            }

            /// The case, application or request that must be at the version that was read.
            pub fn target(&self) -> Option<Matter> {
                match self {
                    $( commands!(@bind $target $name id) => commands!(@target $target id), )*
                }
            }
        }
    };
    (@bind none $name:ident $id:ident) => { Self::$name { .. } };
    (@bind case $name:ident $id:ident) => { Self::$name { case: $id, .. } };
    (@bind access $name:ident $id:ident) => { Self::$name { access: $id, .. } };
    (@bind request $name:ident $id:ident) => { Self::$name { request: $id, .. } };
    (@target none $id:ident) => { None };
    (@target case $id:ident) => { Some(Matter::Case($id.clone())) };
    (@target access $id:ident) => { Some(Matter::Access($id.clone())) };
    (@target request $id:ident) => { Some(Matter::Request($id.clone())) };
}

commands! {
    /// Opens a case of documentation.
    OpenCase: OpenCase, none {
        case: CaseId,
        person: PersonId,
        category: Category,
        reason: Reason,
        documents: Vec<DocumentKind>,
        citizenship: Citizenship,
        birth: BirthDate,
        decision: Option<Text>,
    }
    /// Records that a citizen was asked, and the spoken answer (21-2, 22-1).
    RecordAnswer: Ask, case { case: CaseId, yes: bool }
    /// Records who is present with a child (clause 10).
    RecordRepresentative: Ask, case { case: CaseId, representative: Representative }
    /// What the document-issuance application says about the mark.
    RecordMark: Mark, case {
        case: CaseId,
        mark: Option<(MarkStatus, Option<RegistrationId>)>,
    }
    /// Makes a capture order.
    OrderCapture: Order, case { case: CaseId }
    /// Fills fields of the record.
    FillFields: Capture, case {
        case: CaseId,
        fields: BTreeMap<Field, Value>,
        cannot_sign: Option<Text>,
    }
    /// Submits prints under an order.
    SubmitCapture: Capture, case { case: CaseId, order: u32, capture: Capture }
    /// A second officer saw that no ridges exist (OP-10).
    ConfirmNoRidges: Capture, case { case: CaseId }
    /// Closes the record and starts the search before registration.
    Finalize: Capture, case { case: CaseId, subject: Subject, acknowledged: bool }
    /// The search is answered: no candidate, or candidates best first.
    SearchVerdict: Verdict, none {
        case: CaseId,
        question: u32,
        candidates: Vec<Subject>,
        searched: u64,
        engine: String,
    }
    /// An examiner decides about a hit.
    Adjudicate: Adjudicate, case { case: CaseId, finding: Finding }
    /// A supervisor decides where two examiners differ.
    Supervise: Supervise, case { case: CaseId, finding: Finding }
    /// Starts a comparison with a live capture; `slaps` are position codes in the order taken.
    StartVerification: Verify, case {
        case: CaseId,
        ink: bool,
        slaps: Vec<u8>,
        live: Digest,
        reference: Reference,
        document: Option<Digest>,
    }
    /// A registered citizen will not be verified (OP-18).
    DeclineVerification: Verify, case { case: CaseId }
    /// The comparison is answered; no score when the engine could not be reached.
    VerificationVerdict: Verdict, none {
        case: CaseId,
        question: u32,
        score: Option<u32>,
        fingers: Vec<u8>,
    }
    /// Records a check measure (126 to 128).
    RecordMeasure: Measure, case { case: CaseId, measure: Measure }
    /// Signs the conclusion of the check measures.
    Conclude: Conclude, case {
        case: CaseId,
        conclusion: Conclusion,
        damage: Option<Damage>,
    }
    /// Nothing can be captured today (22(1)).
    DeferCapture: Exempt, case { case: CaseId, warned: bool }
    /// Clause 33.
    RecordExemption: Exempt, case { case: CaseId, exemption: Exemption }
    /// A foreigner, a stateless person or a representative refuses (21-3).
    RecordRefusal: Refuse, case { case: CaseId, form: Box<RefusalForm> }
    /// Attaches the scan of a signed form.
    AttachScan: Document, case { case: CaseId, form: FormCode, scan: Digest }
    /// Closes the refusal.
    CloseRefused: Refuse, case { case: CaseId }
    /// A change of mind.
    Reconsider: Refuse, case { case: CaseId }
    /// The documentation goes on.
    StartDocumentation: Document, case { case: CaseId }
    /// The document or permission was given.
    CloseCase: Document, case { case: CaseId }
    /// Prints form 3-1.
    PrintCertificate: Certificate, case { case: CaseId }

    /// Somebody applies for information about a registered person.
    Apply: Apply, none {
        access: AccessId,
        track: Track,
        channel: ApplicationChannel,
        person: PersonId,
        is_person: bool,
        representative: Option<Digest>,
        identity_checked: bool,
        contact: Contact,
        unit: Body,
    }
    /// The check in the database of the document-issuance application.
    RecordAccessCheck: AccessFingerprint, access {
        access: AccessId,
        found: Option<RegistrationId>,
    }
    /// Books time and place of fingerprinting.
    BookAppointment: AccessFingerprint, access {
        access: AccessId,
        at: Timestamp,
        place: Body,
        escort: AccountId,
    }
    /// Sends form 3-2 or 3-3.
    SendForm: AccessFingerprint, access { access: AccessId }
    /// The forensic unit received the form: T1.
    RecordFormReceived: Delivery, none { access: AccessId }
    /// The forensic unit sends the information.
    SendInformation: AccessForensic, access { access: AccessId, law_observed: bool }
    /// The migration unit received it: T2.
    RecordInformationReceived: Delivery, none { access: AccessId }
    /// Tells the applicant that it is ready.
    NotifyReady: AccessFingerprint, access { access: AccessId }
    /// The applicant is at the forensic unit with the escort.
    RecordPresence: AccessFingerprint, access { access: AccessId }
    /// The card was made: T3.
    RecordInking: AccessForensic, access { access: AccessId }
    /// The chancellery hands over.
    HandOver: HandOver, access { access: AccessId, identity_checked: bool, receipt: Digest }
    /// A message or call was registered.
    NoticeRegistered: Notice, none { access: AccessId, number: u32, registration: String }
    /// A way failed; the next one is taken.
    NoticeFailed: Notice, none { access: AccessId, number: u32 }
    /// The applicant takes the application back.
    WithdrawApplication: AccessFingerprint, access { access: AccessId }

    /// The check in the genomic subsystem.
    RecordGenomicCheck: AccessGenomic, access { access: AccessId }
    /// Sends form 4-1, or hands it over in person.
    DeliverCard: AccessGenomic, access { access: AccessId, receipt: Option<Digest> }
    /// A genomic registration took place.
    RecordGenomic: Genomic, none { person: PersonId, record: GenomicRecord }

    /// Registers a request of a state body (48).
    RegisterRequest: RequestRegister, none {
        request: RequestId,
        channel: String,
        kind: RequestKind,
        form: BTreeMap<String, Text>,
        content: BTreeSet<Content>,
        prints: Option<Digest>,
        registration: Option<RegistrationId>,
    }
    /// Competence and law are confirmed, and what may be released.
    ConfirmRequest: RequestDecide, request {
        request: RequestId,
        competent: bool,
        law_observed: bool,
        approved: BTreeSet<Content>,
    }
    /// Runs the check, or prepares the data.
    RunRequest: RequestRun, request { request: RequestId, query: QueryId, purpose: String }
    /// Sends the answer.
    AnswerRequest: RequestAnswer, request {
        request: RequestId,
        content: BTreeSet<Content>,
        seal: Digest,
    }
    /// Refuses with a ground.
    RefuseRequest: RequestDecide, request { request: RequestId, ground: Text }

    /// A search by an authorized user (43).
    Identify: Search, none {
        query: QueryId,
        purpose: String,
        person: Option<PersonId>,
        prints: Digest,
    }
    /// Reads fingerprint information of a person.
    Read: Read, none { person: PersonId, purpose: String }
    /// The border asks about a person with a live capture.
    AskBorder: Border, none {
        query: QueryId,
        purpose: String,
        person: PersonId,
        point: String,
        live: Digest,
    }
    /// The engine answers a query; no score means that it could not be reached.
    QueryVerdict: Verdict, none {
        query: QueryId,
        candidates: Vec<Subject>,
        score: Option<u32>,
        fingers: Vec<u8>,
    }
    /// The national security bodies set at which points who is checked (47).
    SetBorderProcedure: BorderProcedure, none { points: BTreeSet<String>, citizens: bool }

    /// Lets the clock of obligations look around.
    Tick: Clock, none {}
    /// Stops the clock of an obligation.
    Pause: Pause, none { key: ObligationKey, reason: String }
    /// Lets it run again.
    Resume: Pause, none { key: ObligationKey }
    /// A day was moved by the Government.
    MoveDay: Administer, none { moved: MovedDay }
    /// A day off that no rule gives.
    AddDayOff: Administer, none { day: Date }
    /// Proposes thresholds in thousandths: of a comparison, of a search.
    ProposeThresholds: Administer, none { verify: u32, identify: u32 }
    /// Another administrator approves them.
    ApproveThresholds: Administer, none {}
    /// Changes personal data (article 13 of the Law).
    Correct: Correct, none { person: PersonId, basis: Text, fields: BTreeMap<Field, Value> }
    /// Proposes the end of a registration.
    ProposeAnnulment: Annul, none { person: PersonId, ground: AnnulmentGround }
    /// Another administrator approves it; the act is kept.
    ApproveAnnulment: Annul, none { person: PersonId, act: Digest }
}

impl Command {
    /// The purpose that it states.
    pub(crate) fn stated_purpose(&self) -> Option<&str> {
        match self {
            Self::RunRequest { purpose, .. }
            | Self::Identify { purpose, .. }
            | Self::Read { purpose, .. }
            | Self::AskBorder { purpose, .. } => Some(purpose),
            _ => None,
        }
    }

    /// About what the audit trail says it was.
    pub(crate) fn about(&self) -> Option<String> {
        let target = self.target().or_else(|| match self {
            Self::OpenCase { case, .. }
            | Self::SearchVerdict { case, .. }
            | Self::VerificationVerdict { case, .. } => Some(Matter::Case(case.clone())),
            Self::Apply { access, .. }
            | Self::RecordFormReceived { access }
            | Self::RecordInformationReceived { access }
            | Self::NoticeRegistered { access, .. }
            | Self::NoticeFailed { access, .. } => Some(Matter::Access(access.clone())),
            Self::RegisterRequest { request, .. } => Some(Matter::Request(request.clone())),
            _ => None,
        });
        match (target, self) {
            (Some(Matter::Case(id)), _) => Some(format!("case/{id}")),
            (Some(Matter::Access(id)), _) => Some(format!("access/{id}")),
            (Some(Matter::Request(id)), _) => Some(format!("request/{id}")),
            (
                None,
                Self::Read { person, .. }
                | Self::AskBorder { person, .. }
                | Self::RecordGenomic { person, .. }
                | Self::Correct { person, .. }
                | Self::ProposeAnnulment { person, .. }
                | Self::ApproveAnnulment { person, .. },
            ) => Some(format!("person/{person}")),
            (None, Self::Identify { query, .. } | Self::QueryVerdict { query, .. }) => {
                Some(format!("query/{query}"))
            }
            _ => None,
        }
    }
}
