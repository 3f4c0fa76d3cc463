//! The clock of obligations: what is owed, by whom, until when.

use crate::{AccessId, Body, Calendar, CaseId, DeadlineCode, DeadlineRule, Limit, RequestId, Role};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// To what an obligation belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// A case of documentation.
    Case(CaseId),
    /// An application for subject access.
    Access(AccessId),
    /// A request of a state body.
    Request(RequestId),
}

/// Names one obligation. A matter may owe the same thing once more in a later round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObligationKey {
    /// To what it belongs.
    pub matter: Matter,
    /// What is owed.
    pub code: DeadlineCode,
    /// From 1.
    pub round: u32,
}

/// How an obligation ended, if it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationStatus {
    /// Owed.
    Open,
    /// Done, in time or not.
    Met {
        /// When.
        at: Timestamp,
        /// Whether it was too late.
        late: bool,
    },
    /// Not owed any more.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why, as a code.
        reason: String,
    },
}

/// A standing clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why, one of the codes that the rules allow.
    pub reason: String,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none while it stands.
    pub until: Option<Timestamp>,
}

/// Something owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Its name.
    pub key: ObligationKey,
    /// The clause behind it.
    pub clause: String,
    /// The role that owes it.
    pub role: Role,
    /// The body whose working hours and local time count.
    pub body: Body,
    /// The event from which it counts.
    pub start: Timestamp,
    /// How long it may take.
    pub limit: Limit,
    /// After which minutes to warn, instead of half of the limit.
    pub alert_minutes: Option<u32>,
    /// When it must be done.
    pub due: Timestamp,
    /// When to warn.
    pub warn_at: Timestamp,
    /// Whether officer and head were warned.
    pub warned: bool,
    /// When it was found overdue; it stays.
    pub overdue_since: Option<Timestamp>,
    /// When the clock stood.
    pub pauses: Vec<Pause>,
    /// How it ended.
    pub status: ObligationStatus,
}

impl Obligation {
    /// Starts a clock.
    pub fn new(
        key: ObligationKey,
        rule: &DeadlineRule,
        body: Body,
        start: Timestamp,
        calendar: &Calendar,
    ) -> Self {
        let mut obligation = Self {
            key,
            clause: rule.clause.clone(),
            role: rule.owes,
            body,
            start,
            limit: rule.limit(),
            alert_minutes: rule.alert_minutes,
            due: start,
            warn_at: start,
            warned: false,
            overdue_since: None,
            pauses: Vec::new(),
            status: ObligationStatus::Open,
        };
        obligation.recompute(calendar);
        obligation
    }

    /// Computes when it is due from its start, its limit and its pauses; after a day was moved,
    /// again. Paused working days, and for a limit of minutes paused time, are added.
    pub fn recompute(&mut self, calendar: &Calendar) {
        let offset = self.body.offset();
        let ended = || self.pauses.iter().filter_map(|pause| Some((pause.from, pause.until?)));
        let extra = |limit| match limit {
            Limit::Minutes(minutes) => {
                let stood = |(from, until): (Timestamp, Timestamp)| {
                    u32::try_from(until.duration_since(from).as_mins()).unwrap_or(0)
                };
                Limit::Minutes(minutes + ended().map(stood).sum::<u32>())
            }
            Limit::WorkingDays(days) => {
                let day = |at| offset.to_datetime(at).date();
                let stood = |(from, until)| calendar.working_days_between(day(from), day(until));
                Limit::WorkingDays(days + ended().map(stood).sum::<u32>())
            }
        };
        let limit = extra(self.limit);
        self.due = calendar.due(self.start, limit, offset);
        self.warn_at = match self.alert_minutes {
            Some(minutes) => self.start + SignedDuration::from_mins(minutes.into()),
            None => calendar.half(self.start, limit, offset),
        };
    }

    /// Whether it is still owed.
    pub fn is_open(&self) -> bool {
        self.status == ObligationStatus::Open
    }

    /// Whether its clock stands.
    pub fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|pause| pause.until.is_none())
    }

    /// Whether it is owed and its time is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_open() && !self.is_paused() && now > self.due
    }
}
