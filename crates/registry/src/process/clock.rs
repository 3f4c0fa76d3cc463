//! The clock of obligations and the calendar behind it.

use super::{Done, Transaction};
use crate::effect::alert;
use crate::{Alert, Calendar, Denied, Obligation, ObligationKey, Outcome, Pause};
use jiff::civil::Date;

impl Transaction<'_> {
    /// warns once when the time for it has come, and once when it is over.
    pub(super) fn tick(&mut self) -> Done {
        let open =
            self.base.entities.obligations.values().filter(|o| o.is_open() && !o.is_paused());
        for obligation in open {
            let mut changed = obligation.clone();
            if self.now >= changed.warn_at && !changed.warned {
                changed.warned = true;
                let half = Alert::HalfTime(changed.key.clone());
                self.effects.push(alert(half, &changed.body));
            }
            if changed.is_overdue(self.now) && changed.overdue_since.is_none() {
                changed.overdue_since = Some(self.now);
                let overdue = Alert::Overdue(changed.key.clone());
                self.effects.push(alert(overdue, &changed.body));
            }
            if changed != *obligation {
                self.changes.obligations.insert(changed.key.clone(), changed);
            }
        }
        Ok(Outcome::Done)
    }

    fn open_obligation(&self, key: &ObligationKey) -> Result<Obligation, Denied> {
        let found = self.obligation(key).ok_or(Denied::Unknown)?;
        if found.is_open() { Ok(found.clone()) } else { Err(Denied::NotOpen) }
    }

    /// Only for a reason that the rules allow for this deadline, and not when it is too late.
    pub(super) fn pause(&mut self, key: &ObligationKey, reason: &str) -> Done {
        let mut obligation = self.open_obligation(key)?;
        let rules = self.base.rulebook.in_force_on(self.today)?;
        let allowed = rules.pauses.get(&key.code).is_some_and(|reasons| reasons.contains(reason));
        if !allowed || obligation.is_paused() || obligation.is_overdue(self.now) {
            return Err(Denied::PauseReason);
        }
        let (reason, from) = (reason.to_owned(), self.now);
        obligation.pauses.push(Pause { reason, from, until: None });
        self.changes.obligations.insert(key.clone(), obligation);
        Ok(Outcome::Done)
    }

    pub(super) fn resume(&mut self, key: &ObligationKey) -> Done {
        let mut obligation = self.open_obligation(key)?;
        if !obligation.is_paused() {
            return Err(Denied::NotOpen);
        }
        if let Some(pause) = obligation.pauses.last_mut() {
            if pause.from > self.now {
                return Err(Denied::OutOfOrder);
            }
            pause.until = Some(self.now);
        }
        obligation.recompute(&self.settings().calendar);
        self.changes.obligations.insert(key.clone(), obligation);
        Ok(Outcome::Done)
    }

    /// open deadlines are computed again.
    pub(super) fn change_calendar(
        &mut self,
        change: impl FnOnce(&mut Calendar, Date) -> Result<(), Denied>,
    ) -> Done {
        let mut settings = self.settings();
        change(&mut settings.calendar, self.today)?;
        for obligation in self.base.entities.obligations.values().filter(|o| o.is_open()) {
            let mut changed = obligation.clone();
            changed.recompute(&settings.calendar);
            if changed != *obligation {
                self.changes.obligations.insert(changed.key.clone(), changed);
            }
        }
        self.changes.settings = Some(settings);
        Ok(Outcome::Done)
    }
}
