//! Refusal by a foreigner, a stateless person or a representative: form 1-1 (21-3).

use super::{Done, Transaction};
use crate::{
    Alert, Case, CaseId, CaseState, Declarant, Denied, Effect, Form, FormCode, RefusalForm, Text,
};

impl Transaction<'_> {
    pub(super) fn record_refusal(&mut self, id: &CaseId, form: &RefusalForm) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        let for_citizens = rules.open_points.citizens_and_cao.citizen_refusal_form;
        if case.citizenship.is_citizen() && !for_citizens {
            return Err(Denied::NoFormForCitizens);
        }
        let states =
            [CaseState::Ready, CaseState::Ordered, CaseState::Verify, CaseState::Reregister];
        case.expect(&states)?;
        if !(form.knows_service && form.knows_liability) {
            return Err(Denied::AcknowledgementMissing);
        }
        check_declarant(&form.declarant)?;
        let subject = match &form.represented {
            Some((represented, _, _)) => {
                check_declarant(represented)?;
                represented
            }
            None => &form.declarant,
        };
        if subject.birth != case.birth || subject.citizenship != case.citizenship {
            return Err(Denied::RepresentationIncomplete);
        }
        self.drop_capture(&mut case);
        case.refusal = Some(form.clone());
        case.state = CaseState::RefusalOpen;
        case.forms.push((FormCode::Refusal, None));
        let addressee = case.body.name.clone();
        self.effects.push(Effect::Form(Box::new(Form::Refusal { case: id.clone(), addressee })));
        self.put_case(case)
    }

    /// only with the signed form; R-093: people prepare the file, nothing starts by itself.
    pub(super) fn close_refused(&mut self, id: &CaseId) -> Done {
        let (mut case, _) = self.own_case(id)?;
        case.expect(&[CaseState::RefusalOpen])?;
        if unsigned(&case) {
            return Err(Denied::FormNotAttached);
        }
        case.state = CaseState::Refused;
        self.alert(Alert::RefusalFile(id.clone()));
        self.put_case(case)
    }

    /// OP-31: the case stays open for a change of mind.
    pub(super) fn reconsider(&mut self, id: &CaseId) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        case.expect(&[CaseState::RefusalOpen, CaseState::Refused])?;
        if !rules.open_points.refusal_effect.case_kept_open {
            return Err(Denied::WrongState { state: case.state.code() });
        }
        self.route(&mut case, rules)?;
        self.put_case(case)
    }
}

/// Whether a printed form lacks its scan.
pub(super) fn unsigned(case: &Case) -> bool {
    case.forms.iter().any(|(_, scan)| scan.is_none())
}

fn check_declarant(declarant: &Declarant) -> Result<(), Denied> {
    Text::name("surname", declarant.surname.as_str())?;
    Text::name("given_name", declarant.given_name.as_str())?;
    if let Some(patronymic) = &declarant.patronymic {
        Text::name("patronymic", patronymic.as_str())?;
    }
    let shown = declarant.document.shows_patronymic;
    if shown == declarant.patronymic.is_some() { Ok(()) } else { Err(Denied::Patronymic) }
}
