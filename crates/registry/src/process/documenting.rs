//! The documentation itself: its beginning, its scans, the certificate, its end.

use super::refusing::unsigned;
use super::{Done, Transaction};
use crate::{CaseId, CaseState, Denied, Digest, Effect, Field, Form, FormCode};

impl Transaction<'_> {
    pub(super) fn start_documentation(&mut self, id: &CaseId) -> Done {
        use CaseState as S;
        let (mut case, rules) = self.own_case(id)?;
        match case.state {
            S::Registered | S::PartialTemporary | S::CaptureDeferred | S::Exempt => {}
            S::RefusalOpen | S::Refused if rules.open_points.refusal_effect.service_blocked => {
                return Err(Denied::ServiceBlocked);
            }
            S::RefusalOpen | S::Refused => {}
            S::Held => return Err(Denied::Held),
            state => return Err(Denied::DocumentationBlocked { state: state.code() }),
        }
        case.state = S::Documenting;
        self.put_case(case)
    }

    /// signed forms are scanned before the end.
    pub(super) fn close_case(&mut self, id: &CaseId) -> Done {
        let (mut case, _) = self.own_case(id)?;
        match case.state {
            CaseState::Documenting => {}
            CaseState::RefusalOpen | CaseState::Refused => return Err(Denied::ServiceBlocked),
            state => return Err(Denied::DocumentationBlocked { state: state.code() }),
        }
        if unsigned(&case) {
            return Err(Denied::FormNotAttached);
        }
        case.state = CaseState::Closed;
        self.put_case(case)
    }

    pub(super) fn attach_scan(&mut self, id: &CaseId, form: FormCode, scan: &Digest) -> Done {
        let (mut case, _) = self.own_case(id)?;
        let of_form = |(code, _): &&mut (FormCode, Option<Digest>)| *code == form;
        let mut printed = case.forms.iter_mut().filter(of_form).peekable();
        printed.peek().ok_or(Denied::NotOpen)?;
        let open = printed.find(|(_, scan)| scan.is_none());
        open.ok_or(Denied::Unalterable)?.1 = Some(scan.clone());
        self.put_case(case)
    }

    /// Form 3-1, on paper, for foreigners and stateless persons (26-1).
    pub(super) fn print_certificate(&mut self, id: &CaseId) -> Done {
        use CaseState as S;
        let (mut case, _) = self.own_case(id)?;
        if case.citizenship.is_citizen() {
            return Err(Denied::CertificateForCitizen);
        }
        let person = self.person(&case.person)?;
        let after = [S::Registered, S::PartialTemporary, S::Documenting, S::Closed];
        let registration = person.registration.as_ref().filter(|_| after.contains(&case.state));
        let registration = registration.ok_or(Denied::NotRegistered)?;
        let record = registration.latest();
        let printed =
            [Field::Surname, Field::GivenName, Field::Patronymic, Field::BirthDate, Field::Iin];
        let known = |field: Field| Some((field, person.current(field)?.clone()));
        let form = Form::Certificate {
            case: id.clone(),
            fields: printed.into_iter().filter_map(known).collect(),
            registration: registration.identifier.clone(),
            authority: record.made_by.body.name.clone(),
            officer: (
                record.made_by.name.clone(),
                record.made_by.position.clone(),
                record.made_by.rank.clone(),
            ),
            captured_at: record.at,
            duplicate: case.certificates > 0,
        };
        case.certificates += 1;
        case.forms.push((FormCode::Certificate, None));
        self.effects.push(Effect::Form(Box::new(form)));
        self.put_case(case)
    }
}
