//! Requests of competent state bodies (48).

use super::{Done, Transaction};
use crate::{
    AuthorityRequest, CheckResult, Command, Content, DeadlineCode, Denied, Digest, Effect, Matter,
    Query, QueryAbout, QueryId, RequestChannel, RequestId, RequestKind, RequestState, Text,
};
use std::collections::BTreeSet;

impl Transaction<'_> {
    pub(super) fn register_request(&mut self, command: &Command) -> Done {
        let Command::RegisterRequest {
            request: id,
            channel,
            kind,
            form,
            content,
            prints,
            registration,
        } = command
        else {
            return Err(Denied::Unknown);
        };
        if self.base.entities.requests.contains_key(id) {
            return Err(Denied::Exists);
        }
        let channel = RequestChannel::from_code(channel).ok_or(Denied::RequestChannel)?;
        let rules = self.base.rulebook.in_force_on(self.today)?;
        let absent = |item: &&String| !form.contains_key(*item);
        let fields = &rules.open_points.request_form.fields;
        let mut missing: Vec<String> = fields.iter().filter(absent).cloned().collect();
        if *kind == RequestKind::Provide && content.is_empty() {
            missing.push("content".into());
        }
        if prints.is_none() && registration.is_none() {
            missing.push("prints_or_registration".into());
        }
        if !missing.is_empty() {
            return Err(Denied::RequestIncomplete { missing });
        }
        let request = AuthorityRequest {
            id: id.clone(),
            version: 0,
            changed_at: self.now,
            rules: rules.version.clone(),
            channel,
            kind: *kind,
            form: form.clone(),
            content: content.clone(),
            prints: prints.clone(),
            registration: registration.clone(),
            state: RequestState::FormChecked,
            confirmed_by: None,
            approved: BTreeSet::new(),
            result: None,
            ground: None,
            seal: None,
        };
        let outcome = self.put_request(request)?;
        let matter = Matter::Request(id.clone());
        self.owe(&matter, DeadlineCode::Request, &self.actor.body.clone(), self.now)?;
        Ok(outcome)
    }

    /// competence and the law on access to information, and what may be released.
    pub(super) fn confirm_request(
        &mut self,
        id: &RequestId,
        confirmed: bool,
        approved: &BTreeSet<Content>,
    ) -> Done {
        let mut request = self.request_at(id, &[RequestState::FormChecked])?;
        if !confirmed {
            return Err(Denied::CompetenceNotChecked);
        }
        if !approved.is_subset(&request.content) {
            return Err(Denied::NotApproved);
        }
        request.confirmed_by = Some(self.actor.account.clone());
        request.approved.clone_from(approved);
        request.state = RequestState::CompetenceChecked;
        self.put_request(request)
    }

    /// prints are searched, an identity is looked up.
    pub(super) fn run_request(&mut self, id: &RequestId, query: &QueryId, purpose: &str) -> Done {
        let request = self.request(id)?;
        if request.state == RequestState::FormChecked {
            return Err(Denied::CompetenceNotChecked);
        }
        let mut request = self.request_at(id, &[RequestState::CompetenceChecked])?;
        let found = request.registration.as_ref();
        let found = found.and_then(|number| self.base.entities.registrations.get(number)).cloned();
        let subject = found.as_ref().map(|person| self.person(person)).transpose()?;
        let purpose = self.purpose(purpose, subject.as_ref())?;
        match (request.kind, &request.prints) {
            (RequestKind::Provide, _) => {
                let registered = subject.is_some_and(|person| person.registration.is_some());
                if !registered {
                    return Err(Denied::NotRegistered);
                }
                request.result = Some(CheckResult::Person(found));
                request.state = RequestState::DataPrepared;
            }
            (RequestKind::Check, None) => {
                request.result = Some(CheckResult::Person(found));
                request.state = RequestState::CheckRun;
            }
            (RequestKind::Check, Some(prints)) => {
                let threshold = self.settings().thresholds.1;
                let about = QueryAbout::Request(id.clone());
                self.put_query(query, purpose, about, threshold)?;
                let (query, prints, subject) = (query.clone(), prints.clone(), None);
                self.effects.push(Effect::Ask { query, subject, prints, purpose, threshold });
                request.state = RequestState::Running;
            }
        }
        self.put_request(request)
    }

    /// what was asked for and approved, nothing else.
    pub(super) fn answer_request(
        &mut self,
        id: &RequestId,
        content: &BTreeSet<Content>,
        seal: &Digest,
    ) -> Done {
        let ready = [RequestState::CheckRun, RequestState::DataPrepared];
        let mut request = self.request_at(id, &ready)?;
        let released = match request.kind {
            RequestKind::Check => content.is_empty(),
            RequestKind::Provide => !content.is_empty() && content.is_subset(&request.approved),
        };
        if !released {
            return Err(Denied::NotApproved);
        }
        request.seal = Some(seal.clone());
        request.state = RequestState::Answered;
        let (content, seal) = (content.clone(), seal.clone());
        self.effects.push(Effect::Answer { request: id.clone(), content, seal });
        self.meet(&Matter::Request(id.clone()), DeadlineCode::Request);
        self.put_request(request)
    }

    pub(super) fn refuse_request(&mut self, id: &RequestId, ground: &Text) -> Done {
        use RequestState as S;
        let open = [S::FormChecked, S::CompetenceChecked, S::CheckRun, S::DataPrepared];
        let mut request = self.request_at(id, &open)?;
        request.ground = Some(ground.clone());
        request.state = RequestState::Refused;
        self.meet(&Matter::Request(id.clone()), DeadlineCode::Request);
        self.put_request(request)
    }

    fn request_at(
        &self,
        id: &RequestId,
        states: &[RequestState],
    ) -> Result<AuthorityRequest, Denied> {
        let request = self.request(id)?;
        if states.contains(&request.state) {
            Ok(request)
        } else {
            Err(Denied::WrongState { state: request.state.code() })
        }
    }

    pub(super) fn put_query(
        &mut self,
        id: &QueryId,
        purpose: crate::Purpose,
        about: QueryAbout,
        threshold: u32,
    ) -> Result<(), Denied> {
        if self.base.entities.queries.contains_key(id) {
            return Err(Denied::Exists);
        }
        let (id, by, at) = (id.clone(), self.actor.account.clone(), self.now);
        let query = Query { id: id.clone(), purpose, by, at, threshold, about, answer: None };
        self.changes.queries.insert(id, query);
        Ok(())
    }
}
