//! The rules as versioned data: a later decree is another file, not other code.

mod category_rules;
mod deadline_rules;
mod field_set;
mod open_points;
mod roles;

pub use category_rules::{Authority, CategoryRules, CitizenshipRule, ConsentRule, Process};
pub use deadline_rules::{DeadlineCode, DeadlineRule};
pub use field_set::{FieldRule, FieldSet, Need};
pub use open_points::{IdentifierFormat, OpenPoints};
pub use roles::RoleRule;

use crate::{Action, BodyKind, Category, Denied, Role};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why a file of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// It is no such file.
    #[error("the rules cannot be read")]
    Toml(#[from] Box<toml::de::Error>),
    /// Parts of it contradict each other.
    #[error("the rules contradict themselves: {0}")]
    Contradiction(String),
    /// A calendar that cannot be.
    #[error("the calendar is impossible: {0}")]
    Calendar(String),
}

/// One version of the rules, checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Its name, stamped on every case.
    pub version: String,
    /// The first day on which cases are opened under it.
    pub in_force_from: Date,
    category: Vec<CategoryRules>,
    field_set: Vec<FieldSet>,
    /// Limits that hold for everybody.
    pub limits: Limits,
    /// What an image must reach.
    pub quality: QualityRules,
    deadline: Vec<DeadlineRule>,
    /// For a deadline the reasons for which its clock may stand still.
    pub pauses: BTreeMap<DeadlineCode, BTreeSet<String>>,
    role: Vec<RoleRule>,
    /// What the text leaves open and how it is settled here.
    pub open_points: OpenPoints,
}

/// Limits that hold for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Full years; nobody younger is captured.
    pub youngest_age: i16,
    /// Of a scanned card.
    pub image_ppi_min: u16,
    /// Comparisons before an inconclusive one leads to check measures.
    pub verification_attempts: u32,
}

/// Minima of quality, 0 to 100 per image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRules {
    /// Of a plain finger.
    pub plain_min: u8,
    /// Of a rolled finger.
    pub rolled_min: u8,
    /// Of a palm.
    pub palm_min: u8,
    /// Attempts before the best one may be accepted with a reason.
    pub attempts: u32,
}

impl RuleSet {
    /// From the text of a rules file.
    ///
    /// # Errors
    /// [`RulesError`] when it cannot be read or contradicts itself.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(Box::new)?;
        rules.check().map_err(RulesError::Contradiction)?;
        Ok(rules)
    }

    /// The rules of decree No. 36 of 2018 as amended by No. 246 of 2024, shipped with the project.
    pub fn decree_246() -> Self {
        Self::from_toml(include_str!("../../rules/kz-246-2024.toml"))
            .expect("the shipped file is checked by a test")
    }

    fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for category in &self.category {
            if !seen.insert(category.code) {
                return Err(format!("category {} twice", category.code));
            }
            category.check(self.limits.youngest_age)?;
            if !self.field_set.iter().any(|set| set.clause == category.field_set) {
                return Err(format!("category {} has an unknown field set", category.code));
            }
        }
        if seen.len() != Category::ALL.len() {
            return Err("a category is missing".into());
        }
        self.field_set.iter().try_for_each(FieldSet::check)?;
        self.check_roles()?;
        self.check_deadlines()?;
        self.open_points.check()
    }

    fn check_roles(&self) -> Result<(), String> {
        let listed: BTreeSet<Role> = self.role.iter().map(|rule| rule.role).collect();
        if listed.len() != self.role.len() || listed.len() != Role::ALL.len() {
            return Err("each role is listed once".into());
        }
        for action in Action::ALL {
            if !self.role.iter().any(|rule| rule.may.contains(action)) {
                return Err(format!("nobody may {action}"));
            }
        }
        Ok(())
    }

    fn check_deadlines(&self) -> Result<(), String> {
        for code in DeadlineCode::ALL {
            let found = self.deadline.iter().filter(|rule| rule.code == *code).count();
            if found != 1 {
                return Err(format!("deadline {code} is listed {found} times"));
            }
        }
        self.deadline.iter().try_for_each(DeadlineRule::check)
    }

    /// The rules of a category.
    pub fn category(&self, category: Category) -> &CategoryRules {
        let found = self.category.iter().find(|rules| rules.code == category);
        found.expect("every category is there: checked when the rules were read")
    }

    /// The record of a category.
    pub fn field_set(&self, category: Category) -> &FieldSet {
        let clause = &self.category(category).field_set;
        let found = self.field_set.iter().find(|set| set.clause == *clause);
        found.expect("every category's set is there: checked when the rules were read")
    }

    /// A deadline.
    pub fn deadline(&self, code: DeadlineCode) -> &DeadlineRule {
        let found = self.deadline.iter().find(|rule| rule.code == code);
        found.expect("every deadline is there: checked when the rules were read")
    }

    /// Whether a role within a body may do something.
    ///
    /// # Errors
    /// [`Denied::RoleNotOfBody`], [`Denied::RoleNotAllowed`].
    pub fn permit(&self, role: Role, body: BodyKind, action: Action) -> Result<(), Denied> {
        let rule = self.role.iter().find(|rule| rule.role == role);
        let rule = rule.ok_or(Denied::RoleNotAllowed)?;
        if !rule.bodies.contains(&body) {
            return Err(Denied::RoleNotOfBody);
        }
        if rule.may.contains(&action) { Ok(()) } else { Err(Denied::RoleNotAllowed) }
    }
}

/// All versions that are loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook(Vec<RuleSet>);

impl Rulebook {
    /// Of at least one version.
    ///
    /// # Errors
    /// [`RulesError::Contradiction`] for none, or for two of one name or one first day.
    pub fn new(mut sets: Vec<RuleSet>) -> Result<Self, RulesError> {
        sets.sort_by_key(|set| set.in_force_from);
        let twice = sets.windows(2).any(|w| w[0].in_force_from == w[1].in_force_from);
        let names: BTreeSet<&str> = sets.iter().map(|set| set.version.as_str()).collect();
        if sets.is_empty() || twice || names.len() != sets.len() {
            let why = "a rule book needs versions of different names and first days";
            return Err(RulesError::Contradiction(why.into()));
        }
        Ok(Self(sets))
    }

    /// The version that new cases of a day are opened under.
    ///
    /// # Errors
    /// [`Denied::NoRulesInForce`] before the first one.
    pub fn in_force_on(&self, day: Date) -> Result<&RuleSet, Denied> {
        self.0.iter().rfind(|set| set.in_force_from <= day).ok_or(Denied::NoRulesInForce)
    }

    /// A version by its name.
    ///
    /// # Errors
    /// [`Denied::RulesMissing`].
    pub fn version(&self, version: &str) -> Result<&RuleSet, Denied> {
        self.0.iter().find(|set| set.version == version).ok_or(Denied::RulesMissing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn broken(from: &str, to: &str) -> String {
        let text = include_str!("../../rules/kz-246-2024.toml");
        assert!(text.contains(from), "{from}");
        match RuleSet::from_toml(&text.replacen(from, to, 1)) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("accepted {to:?} for {from:?}"),
        }
    }

    #[test]
    fn the_shipped_rules_can_be_used() {
        let rules = RuleSet::decree_246();
        assert_eq!(rules.category(Category::C5).age_from, 16);
        assert_eq!(Rulebook::new(vec![rules]).unwrap().0.len(), 1);
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused() {
        for (from, to) in [
            ("code = \"C2\"", "code = \"C1\""),
            ("field_set = \"14-1\"", "field_set = \"15\""),
            ("items = 13", "items = 12"),
            ("age_from = 12", "age_from = 11"),
            ("age_below = 16", "age_below = 12"),
            ("code = \"D-02\"", "code = \"D-01\""),
            ("working_days = 2", "working_days = 0"),
            ("alert_minutes = 40", "alert_minutes = 61"),
            ("role = \"engine\"", "role = \"border_system\""),
            ("may = [\"clock\"]", "may = []"),
            ("item = 4 }", "item = 5 }"),
            (
                "measures = [\"capture_by_another_officer\", \"search\", \"examination\"]",
                "measures = []",
            ),
            ("sequence = [13, 14, 11, 12]", "sequence = [13, 14, 11, 11]"),
            ("serial_digits = 10", "serial_digits = 3"),
            ("common_fingers_min = 2", "common_fingers_min = 0"),
            ("[open_points.OP-19]", "[open_points.OP-45]"),
            ("version =", "versions ="),
        ] {
            assert!(!broken(from, to).is_empty());
        }
    }

    // Proves R-015.
    #[test]
    fn the_version_in_force_is_the_latest_that_has_begun() {
        let old = RuleSet::decree_246();
        let new =
            RuleSet { version: "later".into(), in_force_from: date(2025, 1, 1), ..old.clone() };
        let book = Rulebook::new(vec![new.clone(), old.clone()]).unwrap();
        assert_eq!(book.in_force_on(date(2024, 12, 31)).unwrap().version, old.version);
        assert_eq!(book.in_force_on(date(2025, 1, 1)).unwrap().version, "later");
        assert_eq!(book.in_force_on(date(2024, 1, 1)), Err(Denied::NoRulesInForce));
        assert_eq!(book.version(&old.version).unwrap().version, old.version);
        assert_eq!(book.version("never"), Err(Denied::RulesMissing));
        assert!(Rulebook::new(vec![old.clone(), old]).is_err());
        assert!(Rulebook::new(vec![]).is_err());
    }

    #[test]
    fn a_role_does_what_its_line_says_and_only_within_its_bodies() {
        let rules = RuleSet::decree_246();
        let permit = |role, body, action| rules.permit(role, body, action);
        use {Action as A, BodyKind as B, Role as R};
        assert_eq!(permit(R::MigrationOfficer, B::InternalAffairs, A::Capture), Ok(()));
        let elsewhere = permit(R::MigrationOfficer, B::Transport, A::Capture);
        assert_eq!(elsewhere, Err(Denied::RoleNotOfBody));
        let genomic = permit(R::MigrationOfficer, B::InternalAffairs, A::AccessGenomic);
        assert_eq!(genomic, Err(Denied::RoleNotAllowed));
    }
}
