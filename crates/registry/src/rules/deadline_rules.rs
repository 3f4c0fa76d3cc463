//! The deadlines of section 3.11 of the requirements and the targets of ours.

use crate::category::codes;
use crate::{Limit, Role};
use serde::{Deserialize, Serialize};

codes! {
    /// A deadline of the rules (`D-`) or a target of ours (`T-`).
    DeadlineCode {
        ElectronicCheck = "D-01",
        ElectronicAbsence = "D-02",
        ElectronicForm = "D-03",
        ForensicAnswer = "D-04",
        Readiness = "D-05",
        PaperCheck = "D-06",
        PaperAbsence = "D-07",
        PaperForm = "D-08",
        Inking = "D-09",
        CardInHand = "D-10",
        GenomicProvided = "D-11",
        GenomicCheck = "D-12",
        GenomicAbsence = "D-13",
        GenomicCard = "D-14",
        CheckMeasures = "T-CHECKS",
        Request = "T-REQUEST",
        Adjudication = "T-ADJUDICATION",
    }
}

/// How long something may take and who owes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineRule {
    /// Which deadline.
    pub code: DeadlineCode,
    /// The role that owes it.
    pub owes: Role,
    /// The clause.
    pub clause: String,
    #[serde(default)]
    working_days: Option<u32>,
    #[serde(default)]
    minutes: Option<u32>,
    /// When to warn; half of the limit where absent.
    #[serde(default)]
    pub alert_minutes: Option<u32>,
}

impl DeadlineRule {
    pub(super) fn check(&self) -> Result<(), String> {
        let one = self.working_days.is_some() != self.minutes.is_some();
        let some = self.working_days.or(self.minutes).is_some_and(|n| n > 0);
        let early = self.alert_minutes.is_none_or(|n| self.minutes.is_some_and(|m| n < m));
        if one && some && early { Ok(()) } else { Err(format!("the limit of {}", self.code)) }
    }

    /// The limit.
    pub fn limit(&self) -> Limit {
        match (self.working_days, self.minutes) {
            (Some(days), _) => Limit::WorkingDays(days),
            (None, minutes) => Limit::Minutes(minutes.unwrap_or_default()),
        }
    }
}
