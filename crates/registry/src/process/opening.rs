//! A case begins: opening, the question to a citizen, the mark (21-2, 21-3).

use super::{Done, Transaction};
use crate::{
    Alert, Answer, Case, CaseId, CaseState, Command, ConsentRule, Denied, MarkAnswer, MarkStatus,
    OrderKind, Person, RegistrationId, Representative, ReregistrationReason, RuleSet,
};

impl Transaction<'_> {
    pub(super) fn open_case(&mut self, command: &Command) -> Done {
        let Command::OpenCase {
            case: id,
            person,
            category,
            reason,
            documents,
            citizenship,
            birth,
            decision,
        } = command
        else {
            return Err(Denied::Unknown);
        };
        if self.base.entities.cases.contains_key(id) {
            return Err(Denied::Exists);
        }
        let category = *category;
        let rules = self.base.rulebook.in_force_on(self.today)?;
        let line = rules.category(category);
        let basis = line.basis(self.actor.body.kind);
        let basis = basis.ok_or(Denied::AuthorityNotCompetent { category })?.to_owned();
        if !line.admits(*citizenship) {
            return Err(Denied::Citizenship { category });
        }
        let fits = documents.iter().all(|document| line.documents.contains(document));
        let named = documents.is_empty() == line.documents.is_empty();
        if !line.reasons.contains(reason) || !fits || !named {
            return Err(Denied::ReasonNotOfCategory { category });
        }
        if birth.latest() > self.today {
            return Err(Denied::BirthDate);
        }
        let known = self.person(person);
        let mut known =
            known.unwrap_or_else(|_| Person::new(person.clone(), *citizenship, self.now));
        known.citizenship = *citizenship;
        self.put_person(known);
        let case = Case {
            documents: documents.clone(),
            decision: decision.clone(),
            ..Case::opened(
                (id.clone(), person.clone()),
                (category, *reason, basis),
                (*citizenship, *birth),
                (rules.version.clone(), self.actor.body.clone()),
                self.now,
            )
        };
        self.put_case(case)
    }

    /// asked before documentation begins, or before a capture is repeated (22-1).
    pub(super) fn record_answer(&mut self, id: &CaseId, yes: bool) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        case.expect(&[CaseState::Opened, CaseState::Asked, CaseState::Reregister])?;
        if !asks(&case, rules) {
            return Err(Denied::WrongState { state: case.state.code() });
        }
        let officer = self.actor.account.clone();
        let about = case.next_order;
        case.answers.push(Answer { yes, about, officer, at: self.now });
        if case.state != CaseState::Reregister {
            case.state = CaseState::Asked;
            self.route(&mut case, rules)?;
        } else if !yes {
            // The documents go on; whom the system cannot recognize is flagged (OP-20).
            if matches!(about, OrderKind::Again(ReregistrationReason::DamageOfCitizen)) {
                let mut person = self.person(&case.person)?;
                person.not_recognisable =
                    rules.open_points.refused_reregistration.flag_not_recognisable;
                self.put_person(person);
            }
            case.state = CaseState::Documenting;
        }
        if case.state == CaseState::Ready && self.may_order(&case, rules).is_ok() {
            // saving a yes makes the order.
            self.make_order(&mut case);
        }
        self.put_case(case)
    }

    pub(super) fn record_representative(
        &mut self,
        id: &CaseId,
        representative: &Representative,
    ) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        case.expect(&[CaseState::Opened, CaseState::Asked, CaseState::Ready])?;
        if rules.category(case.category).consent != ConsentRule::Representative {
            return Err(Denied::WrongState { state: case.state.code() });
        }
        case.representative = Some(representative.clone());
        self.put_case(case)
    }

    pub(super) fn record_mark(
        &mut self,
        id: &CaseId,
        mark: &Option<(MarkStatus, Option<RegistrationId>)>,
    ) -> Done {
        let mut case = self.case(id)?;
        let rules = self.rules(&case.rules)?;
        case.expect(&[CaseState::Opened, CaseState::Asked])?;
        case.mark = Some(MarkAnswer { mark: mark.clone(), at: self.now });
        self.route(&mut case, rules)?;
        let ready = asks(&case, rules) && case.state == CaseState::Ready;
        if ready && self.may_order(&case, rules).is_ok() {
            self.make_order(&mut case);
        }
        self.put_case(case)
    }

    /// Decides where a case goes once the mark is known and, of a citizen, the answer.
    pub(super) fn route(&mut self, case: &mut Case, rules: &RuleSet) -> Result<(), Denied> {
        let asks = asks(case, rules);
        let Some(answer) = &case.mark else { return Ok(()) };
        let person = self.person(&case.person)?;
        let agrees = match (&answer.mark, &person.registration, &person.mark) {
            (None, None, None) => true,
            (Some((status, id)), registration, Some(mark)) => {
                *status == mark.status
                    && *id == mark.identifier
                    && registration.as_ref().map(|r| &r.identifier) == id.as_ref()
            }
            _ => false,
        };
        if !agrees {
            case.state = CaseState::Held;
            self.alert(Alert::Inconsistent(case.id.clone()));
            return Ok(());
        }
        if asks && case.answers.is_empty() {
            return Ok(());
        }
        let yes = case.answers.last().is_some_and(|answer| answer.yes);
        case.state = match answer.mark.as_ref().map(|(status, _)| *status) {
            Some(MarkStatus::Full | MarkStatus::PartialTemporary) => CaseState::Verify,
            _ if asks && !yes => CaseState::Documenting,
            Some(MarkStatus::Deferred) if !asks => {
                case.next_order = OrderKind::Again(ReregistrationReason::Deferred);
                CaseState::Reregister
            }
            Some(MarkStatus::Exempt) => CaseState::Exempt,
            Some(MarkStatus::Deferred) | None => CaseState::Ready,
        };
        Ok(())
    }
}

/// Whether the category's person is asked.
pub(super) fn asks(case: &Case, rules: &RuleSet) -> bool {
    let consent = rules.category(case.category).consent;
    matches!(consent, ConsentRule::Oral | ConsentRule::Representative)
}
