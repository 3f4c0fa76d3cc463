//! The rules of registration as a pure state machine: who is registered, on what basis, by which
//! steps, and what is owed to whom by when.
//!
//! [`Registry::apply`] takes an [`Envelope`] (a [`Command`] with the officer's authority, the time
//! and identifiers drawn elsewhere) and either stores a whole change and says what the shell has to
//! do ([`Effect`]), or stores nothing and says which clause forbids it ([`Denied`]). There is no
//! clock, no chance and no I/O here. A change is handed out as it was stored, entity by entity, for
//! a catalog to write in one batch.
//!
//! What the rules say is data: a [`RuleSet`] is a checked file, stamped on every case.

mod access;
mod actor;
mod calendar;
mod capture;
mod case;
mod category;
mod command;
mod denied;
mod effect;
mod field;
mod identifier;
mod iin;
mod obligation;
mod person;
mod process;
mod registration_id;
mod registry;
mod request;
mod rules;
mod statistics;
mod text;

pub use access::{
    Access, AccessState, ApplicationChannel, Appointment, Contact, Notice, NoticeChannel,
    NoticeKind, Track,
};
pub use actor::{Actor, Body, OfficerName};
pub use calendar::{Calendar, Day, Limit, MovedDay};
pub use capture::{Capture, CardScan, Completeness, Findings, Finger, Palm, Print};
pub use case::{
    Adjudication, Answer, Case, CaseState, Comparison, Declarant, Exemption, Finding, FormCode,
    MarkAnswer, MedicalConclusion, Order, Question, Reference, RefusalForm, Representative,
    Verification,
};
pub use category::{
    Action, BodyKind, CaptureMethod, Category, Conclusion, Damage, DocumentKind, FingerAbsence,
    MarkStatus, Measure, PalmAbsence, Purpose, Reason, ReregistrationReason, Role, Sex,
};
pub use command::{Command, Envelope, SHAPES, Shape};
pub use denied::Denied;
pub use effect::{Alert, AuditEntry, Effect, Form};
pub use field::{
    ActKind, Basis, BirthDate, Citizenship, CourtAct, Field, IdentityDocument, PermissionKind,
    PriorPermission, Removal, Value, VisaDates,
};
pub use identifier::{
    AccessId, AccountId, BodyId, CaseId, CommandId, Digest, GenomicRecord, PersonId, QueryId,
    RequestId, Subject,
};
pub use iin::Iin;
pub use obligation::{Matter, Obligation, ObligationKey, ObligationStatus, Pause};
pub use person::{
    Annulment, AnnulmentGround, Correction, Fields, Genomic, Mark, OrderKind, Person, Record,
    Registration, SearchFacts,
};
pub use registration_id::RegistrationId;
pub use registry::{Applied, BorderProcedure, Entities, Outcome, Refused, Registry, Settings};
pub use request::{
    AuthorityRequest, BorderAnswer, CheckResult, Content, Query, QueryAbout, QueryAnswer,
    RequestChannel, RequestKind, RequestState,
};
pub use rules::{
    Authority, CategoryRules, CitizenshipRule, ConsentRule, DeadlineCode, DeadlineRule, FieldRule,
    FieldSet, IdentifierFormat, Limits, Need, OpenPoints, Process, QualityRules, RoleRule, RuleSet,
    Rulebook, RulesError,
};
pub use statistics::{Count, Statistics};
pub use text::{Private, Text};
