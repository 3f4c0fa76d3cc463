//! Dates and the moment of printing.

use crate::ValueError;
use std::fmt;

const MONTHS_KK: [&str; 12] = [
    "қаңтар",
    "ақпан",
    "наурыз",
    "сәуір",
    "мамыр",
    "маусым",
    "шілде",
    "тамыз",
    "қыркүйек",
    "қазан",
    "қараша",
    "желтоқсан",
];
/// In the genitive, as a date has it.
const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// A day of the Gregorian calendar, 1800 to 2199. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day by year, month 1 to 12 and day of the month.
    ///
    /// # Errors
    /// [`ValueError::NoSuchDate`].
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, ValueError> {
        let known = (1800..2200).contains(&year) && (1..=12).contains(&month);
        if !known || day < 1 || day > days_in(year, month) {
            return Err(ValueError::NoSuchDate);
        }
        Ok(Self { year, month, day })
    }

    /// Year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }

    pub(crate) fn month_kk(self) -> &'static str {
        MONTHS_KK[usize::from(self.month) - 1]
    }

    pub(crate) fn month_ru(self) -> &'static str {
        MONTHS_RU[usize::from(self.month) - 1]
    }
}

impl fmt::Display for Date {
    /// `26.11.2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}.{:02}.{:04}", self.day, self.month, self.year)
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let divisible = |by| year.is_multiple_of(by);
    let leap = divisible(4) && (!divisible(100) || divisible(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A birth date, of which a foreign document may know only year and month, or the year.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

impl BirthDate {
    /// A birth date whose day, or day and month, the document does not show.
    ///
    /// # Errors
    /// [`ValueError::NoSuchDate`].
    pub fn partial(year: u16, month: Option<u8>) -> Result<Self, ValueError> {
        Date::new(year, month.unwrap_or(1), 1)?;
        Ok(Self { year, month, day: None })
    }

    /// Day, month and year as cells show them; blanks for what is not known.
    pub(crate) fn cells(self) -> [String; 3] {
        let two = |part: Option<u8>| part.map(|part| format!("{part:02}")).unwrap_or_default();
        [two(self.day), two(self.month), format!("{:04}", self.year)]
    }
}

impl From<Date> for BirthDate {
    fn from(date: Date) -> Self {
        Self { year: date.year, month: Some(date.month), day: Some(date.day) }
    }
}

impl fmt::Display for BirthDate {
    /// The known parts: `26.11.2026`, `11.2026` or `2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.cells();
        let known: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
        f.write_str(&known.join("."))
    }
}

impl fmt::Debug for BirthDate {
    /// Without the date.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate")
    }
}

/// The moment a form is printed, by the clock of the printing body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub(crate) date: Date,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) utc_offset_hours: i8,
}

impl Moment {
    /// A day, the time as hour, minute and second, and the offset from UTC in hours (−12 to 14).
    ///
    /// # Errors
    /// [`ValueError::NoSuchTime`].
    pub fn new(date: Date, time: [u8; 3], utc_offset_hours: i8) -> Result<Self, ValueError> {
        let [hour, minute, second] = time;
        let offset_known = (-12..=14).contains(&utc_offset_hours);
        if hour > 23 || minute > 59 || second > 59 || !offset_known {
            return Err(ValueError::NoSuchTime);
        }
        Ok(Self { date, hour, minute, second, utc_offset_hours })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for (year, month, day) in [(2024, 2, 29), (2000, 2, 29), (1899, 12, 31), (2026, 4, 30)] {
            assert!(Date::new(year, month, day).is_ok());
        }
        for (year, month, day) in
            [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 1, 0), (1799, 1, 1)]
        {
            assert_eq!(Date::new(year, month, day), Err(ValueError::NoSuchDate));
        }
    }

    #[test]
    fn a_date_is_two_digits_day_two_month_four_year() {
        let date = Date::new(2026, 3, 7).unwrap();
        assert_eq!(date.to_string(), "07.03.2026");
        assert_eq!(BirthDate::from(date).cells(), ["07", "03", "2026"]);
        assert_eq!(BirthDate::partial(1990, Some(4)).unwrap().cells(), ["", "04", "1990"]);
        assert_eq!(BirthDate::partial(1990, Some(4)).unwrap().to_string(), "04.1990");
        assert_eq!(BirthDate::partial(1990, None).unwrap().cells(), ["", "", "1990"]);
    }

    #[test]
    fn a_moment_is_a_time_that_a_clock_shows() {
        let date = Date::new(2026, 3, 7).unwrap();
        assert!(Moment::new(date, [23, 59, 59], 5).is_ok());
        for (time, offset) in [([24, 0, 0], 5), ([0, 60, 0], 5), ([0, 0, 60], 5), ([0, 0, 0], 15)] {
            assert_eq!(Moment::new(date, time, offset), Err(ValueError::NoSuchTime));
        }
    }
}
