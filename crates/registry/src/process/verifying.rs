//! Comparison with the database or the document, and its branches (21-4).

use super::{Done, Transaction};
use crate::{
    Alert, Case, CaseId, CaseState, Command, Comparison, DeadlineCode, Denied, Effect, MarkStatus,
    Matter, OrderKind, Person, Reference, ReregistrationReason, RuleSet, Verification,
};

impl Transaction<'_> {
    pub(super) fn start_verification(&mut self, command: &Command) -> Done {
        let Command::StartVerification { case, ink, slaps, live, reference, document } = command
        else {
            return Err(Denied::Unknown);
        };
        let (mut case, rules) = self.own_case(case)?;
        case.expect(&[CaseState::Verify, CaseState::VerificationPending])?;
        if *ink {
            return Err(Denied::ScannerOnly);
        }
        check_slaps(slaps, rules)?;
        if (*reference == Reference::Document) != document.is_some() {
            return Err(Denied::Digest);
        }
        let registration = self.person(&case.person)?.registration;
        let registration = registration.ok_or(Denied::NotRegistered)?;
        case.state = CaseState::VerificationPending;
        let threshold = self.settings().thresholds.0;
        let question = self.ask(&mut case, Some(*reference), threshold);
        let database = *reference == Reference::Database;
        self.effects.push(Effect::Compare {
            case: case.id.clone(),
            question,
            reference: *reference,
            subject: database.then_some(registration.subject),
            document: document.clone(),
            live: live.clone(),
            threshold,
        });
        self.put_case(case)
    }

    /// OP-18: no sanction; identity is checked by hand.
    pub(super) fn decline_verification(&mut self, id: &CaseId) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        case.expect(&[CaseState::Verify])?;
        let citizen = case.citizenship.is_citizen();
        if !citizen || !rules.open_points.unverified_citizen.manual_check {
            return Err(Denied::WrongState { state: case.state.code() });
        }
        case.state = CaseState::Documenting;
        self.alert(Alert::WillNotBeVerified(case.id.clone()));
        self.put_case(case)
    }

    pub(super) fn verification_verdict(
        &mut self,
        id: &CaseId,
        number: u32,
        score: Option<u32>,
        fingers: &[u8],
    ) -> Done {
        let mut case = self.case(id)?;
        let rules = self.rules(&case.rules)?;
        case.expect(&[CaseState::VerificationPending]).map_err(|_| Denied::NoSuchQuestion)?;
        let question = Self::answered(&case, number, false)?;
        // An engine that cannot be reached has said nothing: the case stays pending.
        let Some(score) = score else { return self.put_case(case) };
        let person = self.person(&case.person)?;
        let least = rules.open_points.match_decision.common_fingers_min;
        let result = if fingers.len() < least || person.not_recognisable {
            Comparison::Inconclusive
        } else if score >= question.threshold {
            Comparison::Match
        } else {
            Comparison::NoMatch
        };
        case.question = None;
        case.verifications.push(Verification {
            reference: question.compare.unwrap_or(Reference::Database),
            fingers: fingers.to_vec(),
            score,
            threshold: question.threshold,
            officer: question.officer,
            station: question.station,
            at: self.now,
            result,
        });
        self.follow(case, &person, rules, result)
    }

    fn follow(
        &mut self,
        mut case: Case,
        person: &Person,
        rules: &RuleSet,
        result: Comparison,
    ) -> Done {
        let tried = case.verifications.iter().filter(|v| v.result == Comparison::Inconclusive);
        let tried_enough = tried.count() >= attempts(rules);
        let contradicts = case.verifications.iter().any(|v| v.result == Comparison::NoMatch);
        let contradicts = contradicts && rules.open_points.reference.disagreement_is_mismatch;
        match result {
            Comparison::Match if !contradicts => after_match(&mut case, person, rules),
            Comparison::Inconclusive if !tried_enough => case.state = CaseState::Verify,
            _ => {
                case.state = CaseState::Checks;
                let (matter, body) = (Matter::Case(case.id.clone()), case.body.clone());
                let outcome = self.put_case(case);
                let code = rules.open_points.check_measures.target;
                self.owe(&matter, code, &body, self.now)?;
                debug_assert_eq!(code, DeadlineCode::CheckMeasures);
                return outcome;
            }
        }
        self.put_case(case)
    }
}

fn attempts(rules: &RuleSet) -> usize {
    usize::try_from(rules.limits.verification_attempts).unwrap_or(usize::MAX)
}

/// What a person who was recognized still owes: fingers that have healed, or what a new
/// category needs.
fn after_match(case: &mut Case, person: &Person, rules: &RuleSet) {
    let partial = person.mark.as_ref().is_some_and(|m| m.status == MarkStatus::PartialTemporary);
    let points = &rules.open_points;
    let lacks = |registration: &crate::Registration| {
        let rolled = points.rolled_capture.rolled.contains(&case.category);
        let palms = points.rolled_capture.palms.contains(&case.category);
        (rolled && !registration.has_rolled()) || (palms && !registration.has_palms())
    };
    let lacks = person.registration.as_ref().is_some_and(lacks);
    let next = if partial {
        Some(OrderKind::Again(ReregistrationReason::Partial))
    } else if lacks && points.change_of_category.supplement {
        Some(OrderKind::Supplement)
    } else {
        None
    };
    case.state = if next.is_some() { CaseState::Reregister } else { CaseState::Documenting };
    case.next_order = next.unwrap_or(case.next_order);
}

/// four fingers of each hand, then the thumbs in turn, or one image of both thumbs
/// where that is enabled.
fn check_slaps(slaps: &[u8], rules: &RuleSet) -> Result<(), Denied> {
    let point = &rules.open_points.slap_sequence;
    let hands: Vec<u8> = point.sequence.iter().copied().filter(|code| *code > 12).collect();
    let both = [&hands[..], &[15]].concat();
    if slaps == both {
        return if point.both_thumbs { Ok(()) } else { Err(Denied::BothThumbs) };
    }
    if slaps == point.sequence { Ok(()) } else { Err(Denied::SlapOrder) }
}
