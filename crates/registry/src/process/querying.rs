//! Uses of fingerprint information: searches, reading, the border (43, 47).

use super::{Done, Transaction};
use crate::{
    BorderAnswer, CheckResult, Command, Comparison, Denied, Digest, Effect, Outcome, PersonId,
    Purpose, QueryAbout, QueryAnswer, QueryId, RequestState, Subject,
};

impl Transaction<'_> {
    pub(super) fn identify(
        &mut self,
        query: &QueryId,
        purpose: &str,
        person: Option<&PersonId>,
        prints: &Digest,
    ) -> Done {
        let subject = person.map(|id| self.person(id)).transpose()?;
        let purpose = self.purpose(purpose, subject.as_ref())?;
        let threshold = self.settings().thresholds.1;
        self.put_query(query, purpose, QueryAbout::Identify, threshold)?;
        let (query, prints, subject) = (query.clone(), prints.clone(), None);
        self.effects.push(Effect::Ask { query, subject, prints, purpose, threshold });
        Ok(Outcome::Asked)
    }

    pub(super) fn read(&mut self, person: &PersonId, purpose: &str) -> Done {
        let person = self.person(person)?;
        self.purpose(purpose, Some(&person))?;
        Ok(Outcome::Done)
    }

    /// Who is checked at which points, the national security bodies set.
    pub(super) fn ask_border(&mut self, command: &Command) -> Done {
        let Command::AskBorder { query, purpose, person: id, point, live } = command else {
            return Err(Denied::Unknown);
        };
        let person = self.person(id).ok();
        let purpose = self.purpose(purpose, person.as_ref())?;
        if purpose != Purpose::Border {
            return Err(Denied::Purpose);
        }
        let procedure = self.settings().border;
        let citizen = person.as_ref().is_some_and(|person| person.citizenship.is_citizen());
        let answer = |answer| Ok(Outcome::Border(answer));
        if !procedure.points.contains(point) || (citizen && !procedure.citizens) {
            return answer(BorderAnswer::NotChecked);
        }
        let Some(person) = person else { return answer(BorderAnswer::NotRegistered) };
        if person.lacks_fingers && !citizen {
            return answer(BorderAnswer::Exempt);
        }
        let Some(registration) = person.registration else {
            return answer(BorderAnswer::NotRegistered);
        };
        let threshold = self.settings().thresholds.0;
        self.put_query(query, purpose, QueryAbout::Border(id.clone()), threshold)?;
        let (query, prints) = (query.clone(), live.clone());
        let subject = Some(registration.subject);
        self.effects.push(Effect::Ask { query, subject, prints, purpose, threshold });
        Ok(Outcome::Asked)
    }

    pub(super) fn query_verdict(
        &mut self,
        id: &QueryId,
        candidates: &[Subject],
        score: Option<u32>,
        fingers: &[u8],
    ) -> Done {
        let query = self.base.entities.queries.get(id).cloned();
        let mut query = query.filter(|q| q.answer.is_none()).ok_or(Denied::NoSuchQuestion)?;
        let outcome = match &query.about {
            QueryAbout::Border(person) => {
                let Some(score) = score else { return Ok(Outcome::Asked) };
                let rules = self.base.rulebook.in_force_on(self.today)?;
                let least = rules.open_points.match_decision.common_fingers_min;
                let flagged = self.person(person)?.not_recognisable;
                let (compared, answer) = if fingers.len() < least || flagged {
                    (Comparison::Inconclusive, BorderAnswer::Inconclusive)
                } else if score >= query.threshold {
                    (Comparison::Match, BorderAnswer::Match)
                } else {
                    (Comparison::NoMatch, BorderAnswer::NoMatch)
                };
                query.answer = Some(QueryAnswer::Compared(compared));
                Outcome::Border(answer)
            }
            QueryAbout::Identify => {
                query.answer = Some(QueryAnswer::Candidates(candidates.to_vec()));
                Outcome::Done
            }
            QueryAbout::Request(request) => {
                let mut request = self.request(request)?;
                request.result = Some(CheckResult::Candidates(candidates.to_vec()));
                request.state = RequestState::CheckRun;
                query.answer = Some(QueryAnswer::Candidates(candidates.to_vec()));
                self.put_request(request)?
            }
        };
        self.changes.queries.insert(id.clone(), query);
        Ok(outcome)
    }
}
