//! From the order to a closed record.

use super::opening::asks;
use super::{Done, Transaction};
use crate::{
    Basis, Capture, Case, CaseId, CaseState, ConsentRule, Denied, Effect, Field, Fields, Need,
    Order, OrderKind, Removal, Representative, ReregistrationReason, RuleSet, Sex, Subject, Text,
    Value,
};

impl Transaction<'_> {
    pub(super) fn order_capture(&mut self, id: &CaseId) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        self.may_order(&case, rules)?;
        let states = [
            CaseState::Ready,
            CaseState::Reregister,
            CaseState::Exempt,
            CaseState::CaptureDeferred,
        ];
        case.expect(&states)?;
        self.make_order(&mut case);
        self.put_case(case)
    }

    /// Age, consent, decision and ground of an order.
    pub(super) fn may_order(&self, case: &Case, rules: &RuleSet) -> Result<(), Denied> {
        let line = rules.category(case.category);
        let age = case.birth.age_on(self.today);
        if age < rules.limits.youngest_age {
            return Err(Denied::Under12);
        }
        if age < line.age_from {
            return Err(Denied::Under16);
        }
        if line.age_below.is_some_and(|below| age >= below) {
            return Err(Denied::AboveAge);
        }
        if asks(case, rules) && !case.has_consent() {
            return Err(Denied::NoConsent);
        }
        if line.consent == ConsentRule::Representative {
            check_representative(case.representative.as_ref(), rules)?;
        }
        let decided = !rules.open_points.seafarers.decision_required || case.decision.is_some();
        if line.consent == ConsentRule::Decision && !decided {
            return Err(Denied::NoPositiveDecision);
        }
        let registered = self.person(&case.person)?.registration.is_some();
        match case.next_order {
            OrderKind::First if registered => Err(Denied::AlreadyRegistered),
            OrderKind::Again(ReregistrationReason::Deferred) | OrderKind::First => Ok(()),
            _ if registered => Ok(()),
            _ => Err(Denied::NoGround),
        }
    }

    pub(super) fn make_order(&mut self, case: &mut Case) {
        let kind = case.next_order;
        case.orders.push(Order { kind, by: self.actor.account.clone(), at: self.now });
        case.state = CaseState::Ordered;
        let number = u32::try_from(case.orders.len()).unwrap_or(u32::MAX);
        self.effects.push(Effect::CreateOrder { case: case.id.clone(), number, kind });
    }

    /// The order under which something is captured; says why when there is none.
    fn under_order(&self, case: &Case, rules: &RuleSet) -> Result<(), Denied> {
        if asks(case, rules) && !case.has_consent() {
            return Err(Denied::NoConsent);
        }
        case.order()?;
        case.expect(&[CaseState::Ordered])
    }

    pub(super) fn fill_fields(
        &mut self,
        id: &CaseId,
        fields: &Fields,
        cannot_sign: &Option<Text>,
    ) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        self.under_order(&case, rules)?;
        let set = rules.field_set(case.category);
        for (field, value) in fields {
            let field = *field;
            set.need(field).ok_or(Denied::FieldNotInClause { field })?;
            let of_case = matches!(field, Field::BirthDate | Field::Citizenship);
            if field.is_set_by_system() || of_case {
                return Err(Denied::SetBySystem { field });
            }
            value.check(field, self.today)?;
            case.draft.insert(field, value.clone());
        }
        if cannot_sign.is_some() {
            case.cannot_sign.clone_from(cannot_sign);
        }
        self.put_case(case)
    }

    pub(super) fn submit_capture(&mut self, id: &CaseId, order: u32, capture: &Capture) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        self.under_order(&case, rules)?;
        if usize::try_from(order) != Ok(case.orders.len()) {
            return Err(Denied::NoOrder);
        }
        let confirmed = case.no_ridges_confirmed_by.as_ref();
        let confirmed = confirmed.is_some_and(|account| *account != self.actor.account);
        let completeness = capture.check(case.category, rules, confirmed)?;
        case.capture = Some((capture.clone(), completeness));
        self.put_case(case)
    }

    pub(super) fn confirm_no_ridges(&mut self, id: &CaseId) -> Done {
        let (mut case, _) = self.own_case(id)?;
        case.expect(&[CaseState::Ordered])?;
        if case.order()?.by == self.actor.account {
            return Err(Denied::SameOfficer);
        }
        case.no_ridges_confirmed_by = Some(self.actor.account.clone());
        self.put_case(case)
    }

    pub(super) fn finalize(&mut self, id: &CaseId, subject: &Subject, acknowledged: bool) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        self.under_order(&case, rules)?;
        if self.base.entities.subjects.contains_key(subject) {
            return Err(Denied::Exists);
        }
        let capture = &case.capture.as_ref().ok_or(Denied::Positions)?.0;
        let set = rules.field_set(case.category);
        case.draft.insert(Field::BirthDate, Value::BirthDate(case.birth));
        case.draft.insert(Field::Citizenship, Value::Citizenship(case.citizenship));
        case.draft.insert(Field::Fingerprints, Value::Prints);
        if set.need(Field::Palmprints).is_some() && !capture.palms.is_empty() {
            case.draft.insert(Field::Palmprints, Value::Prints);
        }
        case.draft.insert(Field::Officer, Value::Officer(self.actor.name.clone()));
        case.draft.insert(Field::RegistrationDate, Value::Moment(self.now));
        let category = case.category;
        let clause = rules.category(category).basis(self.actor.body.kind);
        let clause = clause.ok_or(Denied::AuthorityNotCompetent { category })?.to_owned();
        let case_number = case.id.to_string();
        let basis = Value::Basis(Basis { category, clause, case_number });
        case.draft.insert(Field::RegistrationBasis, basis);
        check_record(&case, rules, acknowledged)?;
        let subject = match &self.person(&case.person)?.registration {
            Some(registration) => registration.subject.clone(),
            None => {
                // Reserved for good, so that no two cases enroll under one name.
                self.changes.subjects.insert(subject.clone(), case.person.clone());
                subject.clone()
            }
        };
        case.subject = Some(subject.clone());
        case.finalized_by = Some(self.actor.clone());
        case.state = CaseState::Searching;
        let threshold = self.settings().thresholds.1;
        let question = self.ask(&mut case, None, threshold);
        let case_id = case.id.clone();
        self.effects.push(Effect::EnrollWithDuplicateCheck {
            case: case_id,
            question,
            subject,
            threshold,
        });
        self.put_case(case)
    }
}

fn check_representative(present: Option<&Representative>, rules: &RuleSet) -> Result<(), Denied> {
    let point = &rules.open_points.child_consent;
    let missing = |what| Err(Denied::RepresentativeMissing { what });
    match present {
        None => missing("the representative"),
        Some(r) if point.representative_present && !r.present => missing("the presence"),
        Some(r) if point.written && r.consent.is_none() => missing("the written consent"),
        Some(r) if point.proof_attached && r.proof.is_none() => missing("the proof of authority"),
        Some(_) => Ok(()),
    }
}

/// exactly the fields of the clause.
fn check_record(case: &Case, rules: &RuleSet, acknowledged: bool) -> Result<(), Denied> {
    let draft = &case.draft;
    let mut missing: Vec<Field> = Vec::new();
    for rule in &rules.field_set(case.category).fields {
        let excused = rule.field == Field::HolderSignature && case.cannot_sign.is_some();
        let wanted = match rule.need {
            Need::Mandatory => !excused,
            Need::Conditional => condition_holds(rule.field, draft),
            Need::Optional => false,
        };
        if wanted && !draft.contains_key(&rule.field) {
            missing.push(rule.field);
        }
    }
    let patronymic = draft.contains_key(&Field::Patronymic);
    let shown = condition_holds(Field::Patronymic, draft);
    if patronymic != shown && draft.contains_key(&Field::IdentityDocument) {
        return Err(Denied::Patronymic);
    }
    if !missing.is_empty() {
        return Err(Denied::MissingFields { fields: missing });
    }
    check_ban(draft)?;
    match (draft.get(&Field::Iin), case.birth.date(), draft.get(&Field::Sex)) {
        (Some(Value::Iin(iin)), Some(birth), Some(Value::Sex(sex))) if !acknowledged => {
            if iin.disagrees_with(birth, *sex) { Err(Denied::NotAcknowledged) } else { Ok(()) }
        }
        (Some(Value::Iin(iin)), None, _) if !acknowledged => {
            // The day of birth is not known: the number cannot agree.
            let latest = case.birth.latest();
            if iin.disagrees_with(latest, Sex::Other) {
                Err(Denied::NotAcknowledged)
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// Whether the condition of a conditional field holds.
fn condition_holds(field: Field, draft: &Fields) -> bool {
    match (field, draft.get(&Field::IdentityDocument), draft.get(&Field::Expulsion)) {
        (Field::Patronymic, Some(Value::Document(document)), _) => document.shows_patronymic,
        (Field::EntryBanUntil, _, Some(Value::Removal(removal))) => {
            matches!(removal, Removal::Expulsion { bans_entry: true, .. })
        }
        _ => false,
    }
}

/// A ban ends after the expulsion, and only a court sets one.
fn check_ban(draft: &Fields) -> Result<(), Denied> {
    let Some(Value::Day(until)) = draft.get(&Field::EntryBanUntil) else { return Ok(()) };
    match draft.get(&Field::Expulsion) {
        Some(Value::Removal(Removal::Expulsion { date, bans_entry: true, .. })) if until > date => {
            Ok(())
        }
        _ => Err(Denied::Dates { field: Field::EntryBanUntil }),
    }
}
