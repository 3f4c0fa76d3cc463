//! Working days and the moments at which deadlines end.

use crate::{Denied, RulesError};
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The working days of a country, as data: weekend, holidays, days off, days that were moved.
/// All times are local to the body that owes something; its offset comes with every call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    opens: Time,
    closes: Time,
    weekend: Vec<Day>,
    holidays: Vec<Holiday>,
    days_off: BTreeSet<Date>,
    moved: Vec<MovedDay>,
}

/// A day of every year. One that `moves` gives the next working day off when it is no working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    month: i8,
    day: i8,
    moves: bool,
}

/// A working day that the Government exchanged for a day off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedDay {
    /// No work on this day.
    pub off: Date,
    /// Work on this day instead.
    pub work: Date,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days are their own explanation")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Until the end of the working hours of the n-th working day after the day of the start.
    WorkingDays(u32),
    /// Minutes of the clock.
    Minutes(u32),
}

/// The longest run of days without work that a calendar may have.
const LONGEST_BREAK_DAYS: u32 = 30;

impl Calendar {
    /// From the text of a calendar file.
    ///
    /// # Errors
    /// [`RulesError`] when it is no such file, when work ends before it begins, when every day is
    /// a day off, or when a month has no such day.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let calendar: Self = toml::from_str(text).map_err(Box::new)?;
        let broken = |why: &str| Err(RulesError::Calendar(why.into()));
        if calendar.opens >= calendar.closes {
            return broken("work ends before it begins");
        }
        if calendar.weekend.len() > 6 {
            return broken("a week needs a working day");
        }
        if calendar.holidays.iter().any(|h| Date::new(2024, h.month, h.day).is_err()) {
            return broken("a holiday on a day that no year has");
        }
        Ok(calendar)
    }

    /// The calendar of the Republic of Kazakhstan that ships with the project.
    pub fn kazakhstan() -> Self {
        Self::from_toml(include_str!("../rules/calendar-kz.toml"))
            .expect("the shipped file is checked by a test")
    }

    /// Whether people work on a day.
    pub fn is_working(&self, day: Date) -> bool {
        if self.moved.iter().any(|moved| moved.work == day) {
            return true;
        }
        !self.is_off_by_itself(day) && !self.is_off_for_a_holiday(day)
    }

    /// Weekend, holiday, day off or exchanged, before holidays move anything.
    fn is_off_by_itself(&self, day: Date) -> bool {
        self.weekend.contains(&Day::from(day.weekday()))
            || self.holidays.iter().any(|h| h.falls_on(day))
            || self.days_off.contains(&day)
            || self.moved.iter().any(|moved| moved.off == day)
    }

    /// Whether a holiday on a weekend gives this day off. Each such holiday before `day` takes the
    /// next working day that is left, so they are dealt out in order.
    fn is_off_for_a_holiday(&self, day: Date) -> bool {
        let mut owed = 0usize;
        let mut at = back(day, LONGEST_BREAK_DAYS);
        while at <= day {
            if self.is_off_by_itself(at) {
                let weekend = self.weekend.contains(&Day::from(at.weekday()));
                owed +=
                    usize::from(weekend && self.holidays.iter().any(|h| h.moves && h.falls_on(at)));
            } else if owed > 0 {
                owed -= 1;
                if at == day {
                    return true;
                }
            }
            at = next(at);
        }
        false
    }

    /// The n-th working day after a day; the day itself never counts (OP-24). For 0 the day itself.
    pub fn working_day_after(&self, day: Date, n: u32) -> Date {
        let mut at = day;
        for _ in 0..n {
            at = next(at);
            while !self.is_working(at) {
                at = next(at);
            }
        }
        at
    }

    /// How many working days lie after `from`, up to and including `to`.
    pub fn working_days_between(&self, from: Date, to: Date) -> u32 {
        let mut at = from;
        let mut count = 0;
        while at < to {
            at = next(at);
            count += u32::from(self.is_working(at));
        }
        count
    }

    /// The moment at which a limit that began at `start` is used up.
    pub fn due(&self, start: Timestamp, limit: Limit, offset: Offset) -> Timestamp {
        match limit {
            Limit::Minutes(minutes) => later(start, minutes),
            Limit::WorkingDays(n) => {
                let day = self.working_day_after(offset.to_datetime(start).date(), n);
                instant(day.to_datetime(self.closes), offset)
            }
        }
    }

    /// The moment at which half of a limit is used up: for an even number of working days the end
    /// of the middle one, for an odd number its middle.
    pub fn half(&self, start: Timestamp, limit: Limit, offset: Offset) -> Timestamp {
        match limit {
            Limit::Minutes(minutes) => later(start, minutes / 2),
            Limit::WorkingDays(n) if n % 2 == 0 => {
                self.due(start, Limit::WorkingDays(n / 2), offset)
            }
            Limit::WorkingDays(n) => {
                let due = self.due(start, Limit::WorkingDays(n / 2 + 1), offset);
                let half_day = self.opens.duration_until(self.closes).as_secs() / 2;
                let back = SignedDuration::from_secs(half_day);
                due.checked_sub(back).unwrap_or(due)
            }
        }
    }

    /// Whether a moment lies in the working hours of a working day.
    pub fn is_open(&self, at: Timestamp, offset: Offset) -> bool {
        let local = offset.to_datetime(at);
        self.is_working(local.date()) && self.opens <= local.time() && local.time() < self.closes
    }

    /// The moment itself when work is going on, otherwise the next opening.
    pub fn next_opening(&self, at: Timestamp, offset: Offset) -> Timestamp {
        if self.is_open(at, offset) {
            return at;
        }
        let local = offset.to_datetime(at);
        let today = self.is_working(local.date()) && local.time() < self.opens;
        let day = if today { local.date() } else { self.working_day_after(local.date(), 1) };
        instant(day.to_datetime(self.opens), offset)
    }

    /// Enters an exchange of days.
    ///
    /// # Errors
    /// [`Denied::MovedTooLate`] unless both days are after `today`, [`Denied::MovedDay`] unless a
    /// working day is exchanged for a day without work.
    pub fn exchange(&mut self, moved: MovedDay, today: Date) -> Result<(), Denied> {
        if moved.off <= today || moved.work <= today {
            return Err(Denied::MovedTooLate);
        }
        if !self.is_working(moved.off) || self.is_working(moved.work) {
            return Err(Denied::MovedDay);
        }
        self.moved.push(moved);
        Ok(())
    }

    /// Enters a day off that no rule gives, such as the first day of Kurban Ait.
    ///
    /// # Errors
    /// [`Denied::MovedTooLate`] unless it is after `today`.
    pub fn add_day_off(&mut self, day: Date, today: Date) -> Result<(), Denied> {
        if day <= today {
            return Err(Denied::MovedTooLate);
        }
        self.days_off.insert(day);
        Ok(())
    }
}

impl Holiday {
    fn falls_on(self, day: Date) -> bool {
        (self.month, self.day) == (day.month(), day.day())
    }
}

fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

fn back(day: Date, days: u32) -> Date {
    (0..days).fold(day, |day, _| day.yesterday().unwrap_or(Date::MIN))
}

fn later(start: Timestamp, minutes: u32) -> Timestamp {
    start.checked_add(SignedDuration::from_mins(minutes.into())).unwrap_or(Timestamp::MAX)
}

/// The instant of a local time.
fn instant(local: DateTime, offset: Offset) -> Timestamp {
    offset.to_timestamp(local).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const ASTANA: Offset = Offset::constant(5);

    fn at(year: i16, month: i8, day: i8, hour: i8, minute: i8) -> Timestamp {
        instant(date(year, month, day).at(hour, minute, 0, 0), ASTANA)
    }

    #[test]
    fn holidays_weekends_and_moved_days_are_no_working_days() {
        let calendar = Calendar::kazakhstan();
        let off = |y, m, d| !calendar.is_working(date(y, m, d));
        assert!(off(2026, 1, 1) && off(2026, 1, 2) && off(2026, 1, 7));
        assert!(!off(2026, 1, 5) && !off(2026, 1, 6));
        // 25 October 2025 was a Saturday; Monday the 27th was off.
        assert!(off(2025, 10, 27) && !off(2025, 10, 28));
        // Two of the three days of Nauryz 2026 fall on the weekend of 21 and 22 March.
        assert!(off(2026, 3, 23) && off(2026, 3, 24) && off(2026, 3, 25) && !off(2026, 3, 26));
        // 7 January 2023 was a Saturday and moved nothing.
        assert!(!off(2023, 1, 9));
        assert!(off(2025, 1, 3) && !off(2025, 1, 5));
        assert!(off(2026, 5, 27));
    }

    // Proves R-148.
    #[test]
    fn two_working_days_end_with_the_working_hours_of_the_second_day_after() {
        let calendar = Calendar::kazakhstan();
        let due = |start| calendar.due(start, Limit::WorkingDays(2), ASTANA);
        // A Monday.
        assert_eq!(due(at(2026, 11, 23, 0, 0)), at(2026, 11, 25, 18, 0));
        assert_eq!(due(at(2026, 11, 23, 17, 59)), at(2026, 11, 25, 18, 0));
        // A Thursday: the weekend does not count.
        assert_eq!(due(at(2026, 11, 26, 9, 0)), at(2026, 11, 30, 18, 0));
        // Before Independence Day, a Wednesday.
        assert_eq!(due(at(2026, 12, 15, 9, 0)), at(2026, 12, 18, 18, 0));
    }

    #[test]
    fn half_of_a_limit_is_the_middle_of_its_working_days() {
        let calendar = Calendar::kazakhstan();
        let start = at(2026, 11, 23, 10, 0);
        let half = |limit| calendar.half(start, limit, ASTANA);
        assert_eq!(half(Limit::WorkingDays(2)), at(2026, 11, 24, 18, 0));
        assert_eq!(half(Limit::WorkingDays(3)), at(2026, 11, 25, 13, 30));
        assert_eq!(half(Limit::Minutes(60)), at(2026, 11, 23, 10, 30));
    }

    #[test]
    fn outside_the_working_hours_the_next_opening_is_meant() {
        let calendar = Calendar::kazakhstan();
        let opening = |when| calendar.next_opening(when, ASTANA);
        assert_eq!(opening(at(2026, 11, 26, 10, 0)), at(2026, 11, 26, 10, 0));
        assert_eq!(opening(at(2026, 11, 26, 8, 0)), at(2026, 11, 26, 9, 0));
        assert_eq!(opening(at(2026, 11, 27, 18, 0)), at(2026, 11, 30, 9, 0));
    }

    // Proves R-149.
    #[test]
    fn a_moved_day_is_entered_before_it_applies_and_is_an_exchange() {
        let mut calendar = Calendar::kazakhstan();
        let today = date(2026, 11, 26);
        let moved = MovedDay { off: date(2026, 12, 17), work: date(2026, 12, 19) };
        let late = MovedDay { off: today, work: date(2026, 12, 19) };
        assert_eq!(calendar.exchange(late, today), Err(Denied::MovedTooLate));
        let nothing = MovedDay { off: date(2026, 12, 19), work: date(2026, 12, 20) };
        assert_eq!(calendar.exchange(nothing, today), Err(Denied::MovedDay));
        calendar.exchange(moved, today).unwrap();
        assert!(!calendar.is_working(moved.off) && calendar.is_working(moved.work));
    }

    proptest::proptest! {
        #[test]
        fn a_deadline_ends_on_a_working_day_and_later_starts_end_no_earlier(
            hours in 0i64..20_000, more in 0i64..200, n in 1u32..8,
        ) {
            let calendar = Calendar::kazakhstan();
            let start = at(2024, 1, 1, 0, 0) + SignedDuration::from_hours(hours);
            let due = |start| calendar.due(start, Limit::WorkingDays(n), ASTANA);
            let day = |t| ASTANA.to_datetime(t).date();
            proptest::prop_assert!(calendar.is_working(day(due(start))));
            let counted = calendar.working_days_between(day(start), day(due(start)));
            proptest::prop_assert_eq!(counted, n);
            proptest::prop_assert!(due(start) <= due(start + SignedDuration::from_hours(more)));
        }
    }
}
