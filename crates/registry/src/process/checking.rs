//! Check measures after a mismatch and their conclusion (21-4; 126 to 128 by OP-07).

use super::{Done, Transaction};
use crate::{
    Alert, CaseId, CaseState, Conclusion, Damage, DeadlineCode, Denied, Matter, Measure, OrderKind,
    ReregistrationReason,
};

impl Transaction<'_> {
    pub(super) fn record_measure(&mut self, id: &CaseId, measure: Measure) -> Done {
        let mut case = self.case(id)?;
        case.expect(&[CaseState::Checks])?;
        let account = self.actor.account.clone();
        let captured_by = case.verifications.last().map(|verification| &verification.officer);
        let repeats = measure == Measure::CaptureByAnotherOfficer;
        if repeats && captured_by == Some(&account) {
            return Err(Denied::SameOfficer);
        }
        case.measures.push((measure, account));
        self.put_case(case)
    }

    pub(super) fn conclude(
        &mut self,
        id: &CaseId,
        conclusion: Conclusion,
        damage: Option<Damage>,
    ) -> Done {
        let mut case = self.case(id)?;
        let rules = self.rules(&case.rules)?;
        case.expect(&[CaseState::Checks])?;
        let taken = |measure: &Measure| case.measures.iter().any(|(done, _)| done == measure);
        if !rules.open_points.check_measures.measures.iter().all(taken) {
            return Err(Denied::MeasuresMissing);
        }
        if (conclusion == Conclusion::SamePersonDamaged) != damage.is_some() {
            return Err(Denied::NoGround);
        }
        case.conclusion = Some((conclusion, self.actor.account.clone(), self.now));
        case.damage = damage;
        if conclusion == Conclusion::SamePersonDamaged {
            let reason = if case.citizenship.is_citizen() {
                ReregistrationReason::DamageOfCitizen
            } else {
                ReregistrationReason::Damage
            };
            case.next_order = OrderKind::Again(reason);
            case.state = CaseState::Reregister;
        } else {
            // the existing registration stays as it is.
            case.state = CaseState::Escalated;
            self.alert(Alert::Escalated(case.id.clone()));
        }
        let matter = Matter::Case(case.id.clone());
        self.meet(&matter, DeadlineCode::CheckMeasures);
        self.put_case(case)
    }
}
