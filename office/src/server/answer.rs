//! What the server answers, before it becomes HTTP.

use crate::OfficeError;
use registry::Denied;
use serde::Serialize;
use serde_json::json;

/// A question, after HTTP.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// The bearer token.
    pub(super) token: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Question {
    /// A parameter of the query; percent signs stand for themselves, as nothing here needs them.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    }
}

/// An answer with its type of content.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("texts, numbers and lists");
        Self { status: 200, content_type: "application/json", body }
    }

    pub(super) fn of(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type, body: body.into() }
    }

    /// RFC 9457: what is wrong, with code and clause.
    pub(super) fn problem(status: u16, code: &str, detail: &str, clause: Option<&str>) -> Self {
        let problem = json!({
            "type": format!("urn:tanba:registry:{code}"),
            "title": code,
            "status": status,
            "detail": detail,
            "clause": clause,
        });
        let body = serde_json::to_vec(&problem).expect("texts and numbers");
        Self { status, content_type: "application/problem+json", body }
    }

    /// Why the office did not do it.
    pub(super) fn refused(error: &OfficeError) -> Self {
        match error {
            OfficeError::Denied(denied) => {
                let clause = Some(denied.clause()).filter(|clause| *clause != "-");
                Self::problem(status_of(denied), denied.code(), &denied.to_string(), clause)
            }
            OfficeError::Contended(_) => Self::problem(503, "CONTENDED", &error.to_string(), None),
            OfficeError::Ledger(_) => Self::problem(500, "LEDGER", &error.to_string(), None),
        }
    }
}

/// The status that says best what to do: read again, ask somebody else, or mend the command.
const fn status_of(denied: &Denied) -> u16 {
    match denied {
        Denied::RoleNotAllowed | Denied::AuthorityNotCompetent { .. } => 403,
        Denied::Unknown | Denied::UnknownPerson => 404,
        Denied::StaleVersion { .. } | Denied::Replayed | Denied::Exists => 409,
        Denied::VersionMissing => 428,
        _ => 422,
    }
}
