//! Temporary damage and exemptions (21, 22(1), 33).

use super::{Done, Transaction};
use crate::{CaseId, CaseState, Denied, Exemption, MarkStatus};

/// Where nothing was captured yet and something might be.
const BEFORE_CAPTURE: [CaseState; 3] =
    [CaseState::Ready, CaseState::Ordered, CaseState::Reregister];

impl Transaction<'_> {
    /// nothing is stored, the person is told to come again.
    pub(super) fn defer_capture(&mut self, id: &CaseId, warned: bool) -> Done {
        let (mut case, _) = self.own_case(id)?;
        case.expect(&BEFORE_CAPTURE)?;
        if !warned {
            return Err(Denied::NotWarned);
        }
        self.drop_capture(&mut case);
        self.mark_without_prints(&case.person, MarkStatus::Deferred)?;
        case.state = CaseState::CaptureDeferred;
        self.put_case(case)
    }

    pub(super) fn record_exemption(&mut self, id: &CaseId, exemption: &Exemption) -> Done {
        let (mut case, rules) = self.own_case(id)?;
        let states = [&BEFORE_CAPTURE[..], &[CaseState::Verify]].concat();
        case.expect(&states)?;
        let palms_first = &rules.open_points.palms_or_exemption.palms_before_exemption;
        match exemption {
            Exemption::NoFingers if palms_first.contains(&case.category) => {
                return Err(Denied::PalmsFirst);
            }
            Exemption::Illness(None) => return Err(Denied::NoConclusion),
            Exemption::Illness(Some(conclusion)) if conclusion.date > self.today => {
                return Err(Denied::NoConclusion);
            }
            _ => {}
        }
        self.drop_capture(&mut case);
        if !matches!(exemption, Exemption::Illness(_)) {
            let mut person = self.person(&case.person)?;
            person.lacks_fingers = true;
            self.put_person(person);
        }
        self.mark_without_prints(&case.person, MarkStatus::Exempt)?;
        case.exemption = Some(exemption.clone());
        case.state = CaseState::Exempt;
        self.put_case(case)
    }

    /// A mark that names no registration; who has one keeps its mark.
    fn mark_without_prints(
        &mut self,
        person: &crate::PersonId,
        status: MarkStatus,
    ) -> Result<(), Denied> {
        let mut person = self.person(person)?;
        if person.registration.is_none() {
            self.set_mark(&mut person, status);
            self.put_person(person);
        }
        Ok(())
    }
}
