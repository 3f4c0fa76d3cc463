//! Requests of competent state bodies (clause 48) and questions to the fingerprint information.

use crate::category::codes;
use crate::{
    AccountId, Comparison, Digest, PersonId, Purpose, QueryId, RegistrationId, RequestId, Subject,
    Text,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

codes! {
    /// The two ways that a request may take.
    RequestChannel { StateCourier = "state_courier", Edms = "edms" }

    /// What is asked for.
    RequestKind { Check = "check", Provide = "provide" }

    /// Where a request stands.
    RequestState {
        FormChecked = "form_checked",
        CompetenceChecked = "competence_checked",
        Running = "running",
        CheckRun = "check_run",
        DataPrepared = "data_prepared",
        Answered = "answered",
        Refused = "refused",
    }

    /// What can be released about a person.
    Content {
        PersonalData = "personal_data",
        Photo = "photo",
        Fingerprints = "fingerprints",
        Palmprints = "palmprints",
    }

    /// What the border is told.
    BorderAnswer {
        Match = "MATCH",
        NoMatch = "NO_MATCH",
        Inconclusive = "INCONCLUSIVE",
        NotRegistered = "NOT_REGISTERED",
        Exempt = "EXEMPT",
        NotChecked = "NOT_CHECKED",
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityRequest {
    /// Its identifier.
    pub id: RequestId,
    /// Raised by every change.
    pub version: u64,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The rules it was registered under.
    pub rules: String,
    /// How it came.
    pub channel: RequestChannel,
    /// What is asked for.
    pub kind: RequestKind,
    /// The items of annex 4.
    pub form: BTreeMap<String, Text>,
    /// What it wants to have.
    pub content: BTreeSet<Content>,
    /// Attached prints.
    pub prints: Option<Digest>,
    /// The identifier it names.
    pub registration: Option<RegistrationId>,
    /// Where it stands.
    pub state: RequestState,
    /// Who confirmed competence and law.
    pub confirmed_by: Option<AccountId>,
    /// What was approved.
    pub approved: BTreeSet<Content>,
    /// The result of a check: candidates, or the person that a lookup found.
    pub result: Option<CheckResult>,
    /// The ground of a refusal.
    pub ground: Option<Text>,
    /// Seal of the exported data.
    pub seal: Option<Digest>,
}

/// What a check showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// Of the search, ranked.
    Candidates(Vec<Subject>),
    /// Of the lookup.
    Person(Option<PersonId>),
}

/// A search or comparison outside a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Its identifier.
    pub id: QueryId,
    /// The use of clause 43.
    pub purpose: Purpose,
    /// Who asked.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// Threshold in thousandths.
    pub threshold: u32,
    /// For what.
    pub about: QueryAbout,
    /// The answer, once it is there.
    pub answer: Option<QueryAnswer>,
}

/// What a query is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryAbout {
    /// Who is this?
    Identify,
    /// Is it this person?
    Border(PersonId),
    /// A request of a state body.
    Request(RequestId),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryAnswer {
    /// Ranked; empty means `NOT_FOUND`.
    Candidates(Vec<Subject>),
    /// Of a comparison.
    Compared(Comparison),
}
