//! The registry: what is stored, and the one way to change it.

use crate::process::Transaction;
use crate::{
    Access, AccessId, Action, AuditEntry, AuthorityRequest, Calendar, Case, CaseId, CaseState,
    CommandId, Denied, Effect, Envelope, Genomic, Matter, Obligation, ObligationKey, Person,
    PersonId, Purpose, Query, QueryId, RegistrationId, RequestId, Rulebook, Subject,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is stored, each under its own key, so that a catalog can keep it so. Written as
/// lists of key and entity; what is empty is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "named after what each holds")]
pub struct Entities {
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub persons: BTreeMap<PersonId, Person>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub cases: BTreeMap<CaseId, Case>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub accesses: BTreeMap<AccessId, Access>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<RequestId, AuthorityRequest>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub queries: BTreeMap<QueryId, Query>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub obligations: BTreeMap<ObligationKey, Obligation>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub genomic: BTreeMap<PersonId, Genomic>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub registrations: BTreeMap<RegistrationId, PersonId>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<Subject, PersonId>,
    #[serde(with = "rows", skip_serializing_if = "BTreeMap::is_empty")]
    pub commands: BTreeMap<CommandId, Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

/// Maps as lists of their entries: a key need not be a text.
mod rows {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// What is set for the whole system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The serial number of the next registration.
    pub next_serial: u64,
    /// Working days.
    pub calendar: Calendar,
    /// In thousandths: of a comparison, of a search.
    pub thresholds: (u32, u32),
    /// Proposed by somebody, to be approved by somebody else.
    pub proposed_thresholds: Option<((u32, u32), crate::AccountId)>,
    /// Registrations that somebody proposed to end.
    pub proposed_annulments: BTreeMap<PersonId, (crate::AnnulmentGround, crate::AccountId)>,
    /// The procedure of the national security bodies.
    pub border: BorderProcedure,
}

/// At which points of the border who is checked (clause 47).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BorderProcedure {
    /// The points; nobody is checked elsewhere.
    pub points: BTreeSet<String>,
    /// Whether citizens are checked too.
    pub citizens: bool,
}

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// What came of it.
    pub outcome: Outcome,
    /// What the shell has to do, in this order.
    pub effects: Vec<Effect>,
    /// What was stored: a catalog writes exactly this, in one batch.
    pub changes: Entities,
}

/// A command that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Why.
    pub denied: Denied,
    /// Its line in the audit trail.
    pub audit: AuditEntry,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing more to say.
    Done,
    /// Where the case stands.
    Case(CaseState),
    /// Where the application stands.
    Access(crate::AccessState),
    /// Where the request stands.
    Request(crate::RequestState),
    /// The border's answer.
    Border(crate::BorderAnswer),
    /// The engine was asked.
    Asked,
}

/// The state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    pub(crate) rulebook: Rulebook,
    pub(crate) entities: Entities,
}

impl Registry {
    /// An empty registry under a rule book and a calendar.
    ///
    /// # Errors
    /// [`Denied::NoRulesInForce`] when no rules are in force at `now`.
    pub fn new(rulebook: Rulebook, calendar: Calendar, now: Timestamp) -> Result<Self, Denied> {
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let points = &rulebook.in_force_on(today)?.open_points.match_decision;
        let settings = Settings {
            next_serial: 1,
            calendar,
            thresholds: (points.verify_thousandths, points.identify_thousandths),
            proposed_thresholds: None,
            proposed_annulments: BTreeMap::new(),
            border: BorderProcedure::default(),
        };
        let entities = Entities { settings: Some(settings), ..Entities::default() };
        Ok(Self { rulebook, entities })
    }

    /// A registry that was stored: what its changes add up to, beginning with the settings of a new
    /// one.
    ///
    /// # Errors
    /// [`Denied::NoRulesInForce`] without settings, or as [`Self::check_rules`].
    pub fn restore(rulebook: Rulebook, entities: Entities) -> Result<Self, Denied> {
        if entities.settings.is_none() {
            return Err(Denied::NoRulesInForce);
        }
        let registry = Self { rulebook, entities };
        registry.check_rules()?;
        Ok(registry)
    }

    /// Whether the rule book has every version that something stored is read under.
    ///
    /// # Errors
    /// [`Denied::RulesMissing`] when it lacks one.
    pub fn check_rules(&self) -> Result<(), Denied> {
        let Entities { cases, accesses, requests, .. } = &self.entities;
        let versions = cases.values().map(|case| &case.rules);
        let versions = versions.chain(accesses.values().map(|access| &access.rules));
        let mut versions = versions.chain(requests.values().map(|request| &request.rules));
        versions.try_for_each(|version| self.rulebook.version(version).map(drop))
    }

    /// Everything that is stored.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// What is set for the whole system.
    pub fn settings(&self) -> &Settings {
        self.entities.settings.as_ref().expect("set when the registry was made")
    }

    /// The rule book.
    pub fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// Carries out a command, whole or not at all.
    ///
    /// # Errors
    /// As [`Self::decide`]; nothing was stored.
    pub fn apply(&mut self, envelope: &Envelope) -> Result<Applied, Box<Refused>> {
        let applied = self.decide(envelope)?;
        self.entities.absorb(applied.changes.clone());
        Ok(applied)
    }

    /// What carrying out a command would store and do; whoever keeps the registry on disk writes
    /// the changes there before [`Self::absorb`].
    ///
    /// # Errors
    /// [`Refused`] with the reason and the line of the audit trail.
    pub fn decide(&self, envelope: &Envelope) -> Result<Applied, Box<Refused>> {
        let audit = |result| audit_entry(envelope, result);
        match Transaction::run(self, envelope) {
            Ok(mut applied) => {
                applied.effects.insert(0, Effect::Audit(audit("OK")));
                Ok(applied)
            }
            Err(denied) => {
                let audit = audit(denied.code());
                Err(Box::new(Refused { denied, audit }))
            }
        }
    }

    /// Takes over what [`Self::decide`] said would be stored.
    pub fn absorb(&mut self, changes: Entities) {
        self.entities.absorb(changes);
    }

    /// What is owed, the most urgent first.
    pub fn work_list(&self) -> Vec<&Obligation> {
        let mut list: Vec<_> = self.entities.obligations.values().filter(|o| o.is_open()).collect();
        list.sort_by(|a, b| (a.due, &a.key).cmp(&(b.due, &b.key)));
        list
    }

    /// What is owed and late, the longest first.
    pub fn overdue(&self, now: Timestamp) -> Vec<&Obligation> {
        self.work_list().into_iter().filter(|o| o.is_overdue(now)).collect()
    }

    /// The version that a command on a matter must name.
    pub fn version_of(&self, matter: &Matter) -> Option<u64> {
        match matter {
            Matter::Case(id) => self.entities.cases.get(id).map(|case| case.version),
            Matter::Access(id) => self.entities.accesses.get(id).map(|access| access.version),
            Matter::Request(id) => self.entities.requests.get(id).map(|request| request.version),
        }
    }
}

impl Entities {
    /// Takes over what a command stored.
    pub fn absorb(&mut self, changes: Self) {
        self.persons.extend(changes.persons);
        self.cases.extend(changes.cases);
        self.accesses.extend(changes.accesses);
        self.requests.extend(changes.requests);
        self.queries.extend(changes.queries);
        self.obligations.extend(changes.obligations);
        self.genomic.extend(changes.genomic);
        self.registrations.extend(changes.registrations);
        self.subjects.extend(changes.subjects);
        self.commands.extend(changes.commands);
        self.settings = changes.settings.or(self.settings.take());
    }
}

/// The line of the audit trail. What a case does with prints is identification: U1.
fn audit_entry(envelope: &Envelope, result: &'static str) -> AuditEntry {
    let Envelope { actor, now, command, .. } = envelope;
    let action = command.action();
    let of_case = matches!(action, Action::Capture | Action::Verify | Action::Verdict);
    let stated = command.stated_purpose().and_then(Purpose::from_code);
    AuditEntry {
        at: *now,
        account: actor.account.clone(),
        role: actor.role,
        body: actor.body.id.clone(),
        station: actor.station.clone(),
        action,
        purpose: stated.or(of_case.then_some(Purpose::Identity)),
        about: command.about(),
        result: result.into(),
    }
}
