//! The rules of registration as a pure state machine.

mod actor;
mod calendar;
mod capture;
mod category;
mod denied;
mod field;
mod identifier;
mod iin;
mod registration_id;
mod rules;
mod text;

pub use actor::{Actor, Body, OfficerName};
pub use calendar::{Calendar, Day, Limit, MovedDay};
pub use capture::{Capture, CardScan, Completeness, Findings, Finger, Palm, Print};
pub use category::{
    Action, BodyKind, CaptureMethod, Category, Conclusion, Damage, DocumentKind, FingerAbsence,
    MarkStatus, Measure, PalmAbsence, Purpose, Reason, ReregistrationReason, Role, Sex,
};
pub use denied::Denied;
pub use field::{
    ActKind, Basis, BirthDate, Citizenship, CourtAct, Field, IdentityDocument, PermissionKind,
    PriorPermission, Removal, Value, VisaDates,
};
pub use identifier::{
    AccessId, AccountId, BodyId, CaseId, CommandId, Digest, GenomicRecord, PersonId, QueryId,
    RequestId, Subject,
};
pub use iin::Iin;
pub use registration_id::RegistrationId;
pub use rules::{
    Authority, CategoryRules, CitizenshipRule, ConsentRule, DeadlineCode, DeadlineRule, FieldRule,
    FieldSet, IdentifierFormat, Limits, Need, OpenPoints, Process, QualityRules, RoleRule, RuleSet,
    Rulebook, RulesError,
};
pub use text::{Private, Text};
