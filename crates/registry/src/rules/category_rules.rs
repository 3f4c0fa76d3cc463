//! What holds for a category.

use crate::{BodyKind, Category, Citizenship, DocumentKind, Reason};
use serde::{Deserialize, Serialize};

/// Section 2.1 of the requirements, one line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryRules {
    /// Which category.
    pub code: Category,
    /// Which course a case takes.
    pub process: Process,
    /// Whose it is.
    pub citizenship: CitizenshipRule,
    /// What lets a capture begin.
    pub consent: ConsentRule,
    /// Full years on the day of the order, at least.
    pub age_from: i16,
    /// Full years on the day of the order, less than this.
    #[serde(default)]
    pub age_below: Option<i16>,
    /// Why a case may be opened.
    pub reasons: Vec<Reason>,
    /// What may be issued; empty where a permission is given instead of a document.
    pub documents: Vec<DocumentKind>,
    /// Clause of the record.
    pub field_set: String,
    /// Who may capture, and under which clause.
    pub authorities: Vec<Authority>,
}

/// A body and the clause under which it registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// The kind of body.
    pub body: BodyKind,
    /// The clause, stored as the basis.
    pub basis: String,
}

/// The course of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// Section 3.1: the person is asked, and a no ends nothing.
    Citizen,
    /// Section 3.2: the mark is checked; a refusal is a form.
    Foreigner,
}

/// Whose a category is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CitizenshipRule {
    /// Citizens of the Republic.
    Citizen,
    /// Foreigners and stateless persons.
    Foreign,
    /// Anybody.
    Any,
}

/// What lets a capture begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// A spoken yes.
    Oral,
    /// Of child and representative (clause 10).
    Representative,
    /// Registration is mandatory.
    Mandatory,
    /// A positive decision on the document.
    Decision,
}

impl CategoryRules {
    pub(super) fn check(&self, youngest: i16) -> Result<(), String> {
        let ages = self.age_below.is_none_or(|below| below > self.age_from);
        if !ages || self.age_from < youngest {
            return Err(format!("the ages of category {}", self.code));
        }
        if self.authorities.is_empty() || self.reasons.is_empty() {
            return Err(format!("category {} needs a body and a reason", self.code));
        }
        Ok(())
    }

    /// Whether a citizenship fits.
    pub fn admits(&self, citizenship: Citizenship) -> bool {
        match self.citizenship {
            CitizenshipRule::Citizen => citizenship.is_citizen(),
            CitizenshipRule::Foreign => !citizenship.is_citizen(),
            CitizenshipRule::Any => true,
        }
    }

    /// The clause under which a body may register, if it may.
    pub fn basis(&self, body: BodyKind) -> Option<&str> {
        let found = self.authorities.iter().find(|authority| authority.body == body);
        found.map(|authority| authority.basis.as_str())
    }
}
