//! The processes of section 3 of the requirements, one file each, over one transaction.

mod access;
mod access_steps;
mod authority;
mod capturing;
mod checking;
mod clock;
mod documenting;
mod exempting;
mod opening;
mod querying;
mod refusing;
mod searching;
mod upkeep;
mod verifying;

use crate::effect::alert;
use crate::{
    Access, AccessId, Actor, Alert, Applied, AuthorityRequest, Body, Case, CaseId, CaseState,
    Command, DeadlineCode, Denied, Effect, Entities, Envelope, Matter, Obligation, ObligationKey,
    ObligationStatus, Outcome, Person, PersonId, Purpose, Registry, RequestId, RuleSet, Settings,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// Reads what is stored, collects what is to be stored. Dropped, it leaves no trace.
pub(crate) struct Transaction<'a> {
    base: &'a Registry,
    changes: Entities,
    effects: Vec<Effect>,
    actor: &'a Actor,
    now: Timestamp,
    /// The local date of the acting body.
    today: Date,
}

type Done = Result<Outcome, Denied>;

impl<'a> Transaction<'a> {
    /// Checks authority, order and version, then carries the command out.
    pub(crate) fn run(base: &'a Registry, envelope: &'a Envelope) -> Result<Applied, Denied> {
        let Envelope { id, expected, actor, now, command } = envelope;
        let today = actor.body.date(*now);
        let rules = base.rulebook.in_force_on(today)?;
        rules.permit(actor.role, actor.body.kind, command.action())?;
        if base.entities.commands.contains_key(id) {
            return Err(Denied::Replayed);
        }
        if let Some(matter) = command.target() {
            let current = base.version_of(&matter).ok_or(Denied::Unknown)?;
            match expected {
                Some(version) if *version == current => {}
                Some(_) => return Err(Denied::StaleVersion { current }),
                None if actor.is_system() => {}
                None => return Err(Denied::VersionMissing),
            }
        }
        let (changes, effects, now) = (Entities::default(), Vec::new(), *now);
        let mut transaction = Self { base, changes, effects, actor, now, today };
        let outcome = transaction.carry_out(command)?;
        transaction.changes.commands.insert(id.clone(), now);
        let Self { effects, changes, .. } = transaction;
        Ok(Applied { outcome, effects, changes })
    }

    fn carry_out(&mut self, command: &Command) -> Done {
        use Command as C;
        match command {
            C::OpenCase { .. } => self.open_case(command),
            C::RecordAnswer { case, yes } => self.record_answer(case, *yes),
            C::RecordRepresentative { case, representative } => {
                self.record_representative(case, representative)
            }
            C::RecordMark { case, mark } => self.record_mark(case, mark),
            C::OrderCapture { case } => self.order_capture(case),
            C::FillFields { case, fields, cannot_sign } => {
                self.fill_fields(case, fields, cannot_sign)
            }
            C::SubmitCapture { case, order, capture } => self.submit_capture(case, *order, capture),
            C::ConfirmNoRidges { case } => self.confirm_no_ridges(case),
            C::Finalize { case, subject, acknowledged } => {
                self.finalize(case, subject, *acknowledged)
            }
            C::SearchVerdict { case, question, candidates, searched, engine } => {
                self.search_verdict(case, *question, candidates, (*searched, engine))
            }
            C::Adjudicate { case, finding } => self.adjudicate(case, finding),
            C::Supervise { case, finding } => self.supervise(case, finding),
            C::StartVerification { .. } => self.start_verification(command),
            C::DeclineVerification { case } => self.decline_verification(case),
            C::VerificationVerdict { case, question, score, fingers } => {
                self.verification_verdict(case, *question, *score, fingers)
            }
            C::RecordMeasure { case, measure } => self.record_measure(case, *measure),
            C::Conclude { case, conclusion, damage } => self.conclude(case, *conclusion, *damage),
            C::DeferCapture { case, warned } => self.defer_capture(case, *warned),
            C::RecordExemption { case, exemption } => self.record_exemption(case, exemption),
            C::RecordRefusal { case, form } => self.record_refusal(case, form),
            C::AttachScan { case, form, scan } => self.attach_scan(case, *form, scan),
            C::CloseRefused { case } => self.close_refused(case),
            C::Reconsider { case } => self.reconsider(case),
            C::StartDocumentation { case } => self.start_documentation(case),
            C::CloseCase { case } => self.close_case(case),
            C::PrintCertificate { case } => self.print_certificate(case),
            _ => self.carry_out_outside_cases(command),
        }
    }

    fn carry_out_outside_cases(&mut self, command: &Command) -> Done {
        use Command as C;
        match command {
            C::Apply { .. } => self.apply_for_access(command),
            C::RecordAccessCheck { access, found } => self.record_access_check(access, found),
            C::BookAppointment { access, at, place, escort } => {
                self.book_appointment(access, *at, place, escort)
            }
            C::SendForm { access } => self.send_form(access),
            C::RecordFormReceived { access } => self.record_form_received(access),
            C::SendInformation { access, law_observed } => {
                self.send_information(access, *law_observed)
            }
            C::RecordInformationReceived { access } => self.record_information_received(access),
            C::NotifyReady { access } => self.notify_ready(access),
            C::RecordPresence { access } => self.record_presence(access),
            C::RecordInking { access } => self.record_inking(access),
            C::HandOver { access, identity_checked, receipt } => {
                self.hand_over(access, *identity_checked, receipt)
            }
            C::NoticeRegistered { access, number, registration } => {
                self.notice_registered(access, *number, registration)
            }
            C::NoticeFailed { access, number } => self.notice_failed(access, *number),
            C::WithdrawApplication { access } => self.withdraw_application(access),
            C::RecordGenomicCheck { access } => self.record_genomic_check(access),
            C::DeliverCard { access, receipt } => self.deliver_card(access, receipt),
            C::RegisterRequest { .. } => self.register_request(command),
            C::ConfirmRequest { request, competent, law_observed, approved } => {
                self.confirm_request(request, *competent && *law_observed, approved)
            }
            C::RunRequest { request, query, purpose } => self.run_request(request, query, purpose),
            C::AnswerRequest { request, content, seal } => {
                self.answer_request(request, content, seal)
            }
            C::RefuseRequest { request, ground } => self.refuse_request(request, ground),
            C::Identify { query, purpose, person, prints } => {
                self.identify(query, purpose, person.as_ref(), prints)
            }
            C::Read { person, purpose } => self.read(person, purpose),
            C::AskBorder { .. } => self.ask_border(command),
            C::QueryVerdict { query, candidates, score, fingers } => {
                self.query_verdict(query, candidates, *score, fingers)
            }
            _ => self.carry_out_upkeep(command),
        }
    }

    fn carry_out_upkeep(&mut self, command: &Command) -> Done {
        use Command as C;
        match command {
            C::SetBorderProcedure { points, citizens } => {
                let mut settings = self.settings();
                settings.border.points.clone_from(points);
                settings.border.citizens = *citizens;
                self.changes.settings = Some(settings);
                Ok(Outcome::Done)
            }
            C::Tick {} => self.tick(),
            C::Pause { key, reason } => self.pause(key, reason),
            C::Resume { key } => self.resume(key),
            C::MoveDay { moved } => self.change_calendar(|c, today| c.exchange(*moved, today)),
            C::AddDayOff { day } => self.change_calendar(|c, today| c.add_day_off(*day, today)),
            C::ProposeThresholds { verify, identify } => {
                self.propose_thresholds((*verify, *identify))
            }
            C::ApproveThresholds {} => self.approve_thresholds(),
            C::RecordGenomic { person, record } => self.record_genomic(person, record),
            C::Correct { person, basis, fields } => self.correct(person, basis, fields),
            C::ProposeAnnulment { person, ground } => self.propose_annulment(person, *ground),
            C::ApproveAnnulment { person, act } => self.approve_annulment(person, act),
            _ => Err(Denied::Unknown),
        }
    }

    fn settings(&self) -> Settings {
        self.changes.settings.clone().unwrap_or_else(|| self.base.settings().clone())
    }

    /// The rules of a case, as they were when it was opened.
    fn rules(&self, version: &str) -> Result<&'a RuleSet, Denied> {
        self.base.rulebook.version(version)
    }

    fn in_order(&self, changed_at: Timestamp) -> Result<(), Denied> {
        if changed_at <= self.now { Ok(()) } else { Err(Denied::OutOfOrder) }
    }

    fn case(&self, id: &CaseId) -> Result<Case, Denied> {
        let stored = || self.base.entities.cases.get(id);
        let case = self.changes.cases.get(id).or_else(stored).cloned().ok_or(Denied::Unknown)?;
        self.in_order(case.changed_at)?;
        Ok(case)
    }

    /// A case that the acting body is competent for.
    fn own_case(&self, id: &CaseId) -> Result<(Case, &'a RuleSet), Denied> {
        let case = self.case(id)?;
        let rules = self.rules(&case.rules)?;
        let category = case.category;
        match rules.category(category).basis(self.actor.body.kind) {
            Some(_) => Ok((case, rules)),
            None => Err(Denied::AuthorityNotCompetent { category }),
        }
    }

    fn put_case(&mut self, mut case: Case) -> Done {
        case.version += 1;
        case.changed_at = self.now;
        let state = case.state;
        let ended = [CaseState::Closed, CaseState::Refused, CaseState::Escalated];
        if ended.contains(&state) {
            self.cancel_all(&Matter::Case(case.id.clone()), "case_ended");
        }
        self.changes.cases.insert(case.id.clone(), case);
        Ok(Outcome::Case(state))
    }

    fn person(&self, id: &PersonId) -> Result<Person, Denied> {
        let stored = || self.base.entities.persons.get(id);
        let person = self.changes.persons.get(id).or_else(stored).cloned();
        person.ok_or(Denied::UnknownPerson)
    }

    fn put_person(&mut self, mut person: Person) {
        person.version += 1;
        person.changed_at = self.now;
        self.changes.persons.insert(person.id.clone(), person);
    }

    fn access(&self, id: &AccessId) -> Result<Access, Denied> {
        let stored = || self.base.entities.accesses.get(id);
        let access = self.changes.accesses.get(id).or_else(stored).cloned();
        let access = access.ok_or(Denied::Unknown)?;
        self.in_order(access.changed_at)?;
        Ok(access)
    }

    fn put_access(&mut self, mut access: Access) -> Done {
        access.version += 1;
        access.changed_at = self.now;
        let state = access.state;
        if state.is_final() {
            self.cancel_all(&Matter::Access(access.id.clone()), state.code());
        }
        self.changes.accesses.insert(access.id.clone(), access);
        Ok(Outcome::Access(state))
    }

    fn request(&self, id: &RequestId) -> Result<AuthorityRequest, Denied> {
        let stored = || self.base.entities.requests.get(id);
        let request = self.changes.requests.get(id).or_else(stored).cloned();
        let request = request.ok_or(Denied::Unknown)?;
        self.in_order(request.changed_at)?;
        Ok(request)
    }

    fn put_request(&mut self, mut request: AuthorityRequest) -> Done {
        request.version += 1;
        request.changed_at = self.now;
        let state = request.state;
        self.changes.requests.insert(request.id.clone(), request);
        Ok(Outcome::Request(state))
    }

    /// One of the four uses of clause 43, and U2 for foreigners only.
    fn purpose(&self, code: &str, subject: Option<&Person>) -> Result<Purpose, Denied> {
        let purpose = Purpose::from_code(code).ok_or(Denied::Purpose)?;
        let citizen = subject.is_some_and(|person| person.citizenship.is_citizen());
        if purpose == Purpose::ForeignersInTerritory && citizen {
            return Err(Denied::PurposeOfForeigners);
        }
        Ok(purpose)
    }

    /// Starts the clock of a deadline; in another round when it ran before.
    fn owe(
        &mut self,
        matter: &Matter,
        code: DeadlineCode,
        body: &Body,
        start: Timestamp,
    ) -> Result<(), Denied> {
        let version = match matter {
            Matter::Case(id) => self.case(id)?.rules,
            Matter::Access(id) => self.access(id)?.rules,
            Matter::Request(id) => self.request(id)?.rules,
        };
        let rule = self.rules(&version)?.deadline(code);
        let mut key = ObligationKey { matter: matter.clone(), code, round: 1 };
        while self.obligation(&key).is_some() {
            key.round += 1;
        }
        let calendar = self.settings().calendar;
        let obligation = Obligation::new(key.clone(), rule, body.clone(), start, &calendar);
        self.changes.obligations.insert(key, obligation);
        Ok(())
    }

    fn obligation(&self, key: &ObligationKey) -> Option<&Obligation> {
        self.changes.obligations.get(key).or_else(|| self.base.entities.obligations.get(key))
    }

    /// The open obligations of a matter.
    fn owed(&self, matter: &Matter) -> Vec<Obligation> {
        let keys = |entities: &Entities| {
            entities.obligations.keys().filter(|key| key.matter == *matter).cloned().collect()
        };
        let mut found: Vec<ObligationKey> = keys(&self.base.entities);
        found.extend(keys(&self.changes));
        found.sort();
        found.dedup();
        let open = found.iter().filter_map(|key| self.obligation(key)).filter(|o| o.is_open());
        open.cloned().collect()
    }

    /// Ends the open obligation of a code as done; late is late.
    fn meet(&mut self, matter: &Matter, code: DeadlineCode) {
        for mut obligation in self.owed(matter).into_iter().filter(|o| o.key.code == code) {
            let late = !obligation.is_paused() && self.now > obligation.due;
            if late && obligation.overdue_since.is_none() {
                obligation.overdue_since = Some(self.now);
                let overdue = Alert::Overdue(obligation.key.clone());
                self.effects.push(alert(overdue, &obligation.body));
            }
            obligation.status = ObligationStatus::Met { at: self.now, late };
            self.changes.obligations.insert(obligation.key.clone(), obligation);
        }
    }

    /// Ends the open obligation of a code as not owed any more.
    fn cancel(&mut self, matter: &Matter, code: DeadlineCode, reason: &str) {
        for obligation in self.owed(matter).into_iter().filter(|o| o.key.code == code) {
            self.cancel_one(obligation, reason);
        }
    }

    fn cancel_all(&mut self, matter: &Matter, reason: &str) {
        for obligation in self.owed(matter) {
            self.cancel_one(obligation, reason);
        }
    }

    fn cancel_one(&mut self, mut obligation: Obligation, reason: &str) {
        obligation.status = ObligationStatus::Cancelled { at: self.now, reason: reason.to_owned() };
        self.changes.obligations.insert(obligation.key.clone(), obligation);
    }

    fn alert(&mut self, reason: Alert) {
        self.effects.push(alert(reason, &self.actor.body));
    }
}
