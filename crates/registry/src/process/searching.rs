//! The search before registration, what a hit leads to, and the commitment of a registration.

use super::{Done, Transaction};
use crate::{
    Adjudication, Alert, Case, CaseId, CaseState, Completeness, DeadlineCode, Denied, Effect,
    Field, Finding, FingerAbsence, Mark, MarkStatus, Matter, OrderKind, Person, PersonId, Question,
    Record, Reference, Registration, RegistrationId, ReregistrationReason, SearchFacts, Subject,
    Value,
};

impl Transaction<'_> {
    /// Puts the next question of a case to the engine; returns its number.
    pub(super) fn ask(
        &mut self,
        case: &mut Case,
        compare: Option<Reference>,
        threshold: u32,
    ) -> u32 {
        case.questions += 1;
        let number = case.questions;
        let (officer, station) = (self.actor.account.clone(), self.actor.station.clone());
        case.question = Some(Question { number, compare, threshold, officer, station });
        number
    }

    /// The question that an answer names; another one is not answered.
    pub(super) fn answered(case: &Case, number: u32, is_search: bool) -> Result<Question, Denied> {
        let question = case.question.clone();
        let fits = |q: &Question| q.number == number && q.compare.is_none() == is_search;
        question.filter(fits).ok_or(Denied::NoSuchQuestion)
    }

    pub(super) fn search_verdict(
        &mut self,
        id: &CaseId,
        number: u32,
        candidates: &[Subject],
        (searched, engine): (u64, &str),
    ) -> Done {
        let mut case = self.case(id)?;
        case.expect(&[CaseState::Searching]).map_err(|_| Denied::NoSuchQuestion)?;
        let question = Self::answered(&case, number, true)?;
        case.question = None;
        let engine = engine.chars().take(80).collect();
        let search = SearchFacts { searched, engine, threshold: question.threshold, at: self.now };
        let own = case.subject.clone();
        let foreign = candidates.iter().filter(|subject| Some(*subject) != own.as_ref());
        let candidates: Vec<Subject> = foreign.cloned().collect();
        if candidates.is_empty() {
            self.commit(&mut case, search)?;
            return self.put_case(case);
        }
        case.state = CaseState::Adjudication;
        case.adjudication = Some(Adjudication { candidates, decisions: Vec::new(), search });
        let body = case.body.clone();
        let outcome = self.put_case(case);
        self.owe(&Matter::Case(id.clone()), DeadlineCode::Adjudication, &body, self.now)?;
        self.alert(Alert::Adjudicate(id.clone()));
        outcome
    }

    /// Two examiners decide, each for himself.
    pub(super) fn adjudicate(&mut self, id: &CaseId, finding: &Finding) -> Done {
        let mut case = self.case(id)?;
        case.expect(&[CaseState::Adjudication])?;
        let adjudication = case.adjudication.as_mut().ok_or(Denied::NotOpen)?;
        names_candidate(adjudication, finding)?;
        let account = &self.actor.account;
        if adjudication.decisions.iter().any(|(by, _)| by == account) {
            return Err(Denied::SameOfficer);
        }
        if adjudication.decisions.len() == 2 {
            return Err(Denied::NotOpen);
        }
        adjudication.decisions.push((account.clone(), finding.clone()));
        match &adjudication.decisions[..] {
            [(_, a), (_, b)] if a == b => return self.settle(case, finding),
            [_, _] => self.alert(Alert::Conflict(id.clone())),
            _ => {}
        }
        self.put_case(case)
    }

    /// A supervisor decides where two examiners differ.
    pub(super) fn supervise(&mut self, id: &CaseId, finding: &Finding) -> Done {
        let mut case = self.case(id)?;
        case.expect(&[CaseState::Adjudication])?;
        let adjudication = case.adjudication.as_mut().ok_or(Denied::NotOpen)?;
        names_candidate(adjudication, finding)?;
        let [(first, a), (second, b)] = &adjudication.decisions[..] else {
            return Err(Denied::NotOpen);
        };
        if a == b {
            return Err(Denied::NotOpen);
        }
        if [first, second].contains(&&self.actor.account) {
            return Err(Denied::SameOfficer);
        }
        adjudication.decisions.push((self.actor.account.clone(), finding.clone()));
        self.settle(case, finding)
    }

    fn settle(&mut self, mut case: Case, finding: &Finding) -> Done {
        let matter = Matter::Case(case.id.clone());
        let adjudication = case.adjudication.clone().ok_or(Denied::NotOpen)?;
        match finding {
            Finding::NotSame => self.commit(&mut case, adjudication.search)?,
            Finding::SameIdentity(subject) => {
                // no second registration; the case goes on about the first one.
                let person = self.registered_under(subject)?;
                self.drop_capture(&mut case);
                case.person = person.clone();
                case.state = CaseState::Verify;
                self.effects.push(Effect::Relink { case: case.id.clone(), person });
            }
            Finding::OtherIdentity(_) => {
                self.drop_capture(&mut case);
                case.state = CaseState::Escalated;
                self.alert(Alert::Escalated(case.id.clone()));
            }
        }
        let outcome = self.put_case(case);
        self.meet(&matter, DeadlineCode::Adjudication);
        outcome
    }

    /// Forgets what was captured and no registration came of.
    pub(super) fn drop_capture(&mut self, case: &mut Case) {
        if let Some(subject) = case.subject.take() {
            self.effects.push(Effect::DropEnrollment { case: case.id.clone(), subject });
        }
        case.capture = None;
        case.question = None;
        case.draft.clear();
        case.no_ridges_confirmed_by = None;
    }

    /// Who is registered under a name of the galleries; a name that is only reserved is nobody's.
    fn registered_under(&self, subject: &Subject) -> Result<PersonId, Denied> {
        let known = self.base.entities.subjects.get(subject).ok_or(Denied::UnknownPerson)?;
        let registration = self.person(known)?.registration;
        let under = registration.is_some_and(|r| r.subject == *subject);
        if under { Ok(known.clone()) } else { Err(Denied::UnknownPerson) }
    }

    /// Whether another case registered the person, or ended the registration, while the search of
    /// this one ran: nobody is registered twice, and nothing is added to what has ended.
    fn overtaken(&mut self, case: &mut Case, person: &Person) -> Result<bool, Denied> {
        use ReregistrationReason::Deferred;
        let is_first = matches!(case.order()?.kind, OrderKind::First | OrderKind::Again(Deferred));
        let same = |r: &Registration| Some(&r.subject) == case.subject.as_ref();
        match &person.registration {
            None if is_first => return Ok(false),
            Some(registration) if !is_first && same(registration) => return Ok(false),
            Some(_) if is_first => case.state = CaseState::Verify,
            _ => {
                case.state = CaseState::Held;
                self.alert(Alert::Inconsistent(case.id.clone()));
            }
        }
        self.drop_capture(case);
        Ok(true)
    }

    /// Commits a registration, or another record of it, and sets the mark.
    fn commit(&mut self, case: &mut Case, search: SearchFacts) -> Result<(), Denied> {
        let mut person = self.person(&case.person)?;
        if self.overtaken(case, &person)? {
            return Ok(());
        }
        let made_by = case.finalized_by.clone().ok_or(Denied::NoOrder)?;
        let (capture, completeness) = case.capture.take().ok_or(Denied::NothingCaptured)?;
        let subject = case.subject.take().ok_or(Denied::NothingCaptured)?;
        let mut fields = std::mem::take(&mut case.draft);
        fields.insert(Field::RegistrationDate, Value::Moment(self.now));
        let amputated = |f: &crate::Finger| f.print == Err(FingerAbsence::Amputated);
        person.lacks_fingers = capture.fingers.iter().all(amputated);
        person.not_recognisable = false;
        let record = Record {
            number: 1,
            kind: case.order()?.kind,
            category: case.category,
            rules: case.rules.clone(),
            case: case.id.clone(),
            fields,
            capture,
            completeness,
            damage: case.damage,
            made_by,
            at: self.now,
            search,
        };
        let number = self.add_record(&mut person, subject.clone(), record)?;
        self.effects.push(Effect::ConfirmEnrollment { subject, record: number });
        let (state, status) = match completeness {
            Completeness::Full => (CaseState::Registered, MarkStatus::Full),
            Completeness::PartialTemporary => {
                (CaseState::PartialTemporary, MarkStatus::PartialTemporary)
            }
        };
        self.set_mark(&mut person, status);
        self.put_person(person);
        case.state = state;
        Ok(())
    }

    /// Adds a record, and makes the registration of the first one; returns the record's number.
    fn add_record(
        &mut self,
        person: &mut Person,
        subject: Subject,
        mut record: Record,
    ) -> Result<u32, Denied> {
        if let Some(registration) = &mut person.registration {
            record.number = registration.latest().number + 1;
            let number = record.number;
            registration.records.push(record);
            return Ok(number);
        }
        let format = &self.rules(&record.rules)?.open_points.identifier_format;
        let mut settings = self.settings();
        let identifier = RegistrationId::from_serial(format, settings.next_serial)?;
        settings.next_serial += 1;
        self.changes.settings = Some(settings);
        self.changes.registrations.insert(identifier.clone(), person.id.clone());
        person.registration = Some(Registration { identifier, subject, records: vec![record] });
        Ok(1)
    }

    /// Sets the mark that the document-issuance application shows.
    pub(super) fn set_mark(&mut self, person: &mut Person, status: MarkStatus) {
        let identifier = person.registration.as_ref().map(|r| r.identifier.clone());
        let mark = Mark { person: person.id.clone(), identifier, at: self.now, status };
        person.mark = Some(mark.clone());
        self.effects.push(Effect::SetMark(mark));
    }
}

fn names_candidate(adjudication: &Adjudication, finding: &Finding) -> Result<(), Denied> {
    match finding {
        Finding::NotSame => Ok(()),
        Finding::SameIdentity(subject) | Finding::OtherIdentity(subject) => {
            let listed = adjudication.candidates.contains(subject);
            if listed { Ok(()) } else { Err(Denied::NotOpen) }
        }
    }
}
