//! The fields of a registration record and what they may hold.

use crate::category::codes;
use crate::{Category, Denied, Digest, DocumentKind, Iin, OfficerName, Sex, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

codes! {
    /// A field of clauses 13 to 14-3 (section 2.2 of the requirements).
    Field {
        Surname = "surname",
        GivenName = "given_name",
        Patronymic = "patronymic",
        BirthDate = "birth_date",
        BirthPlace = "birth_place",
        Sex = "sex",
        Ethnicity = "ethnicity",
        Citizenship = "citizenship",
        Photo = "photo",
        Fingerprints = "fingerprints",
        Palmprints = "palmprints",
        IdentityDocument = "identity_document",
        HolderSignature = "holder_signature",
        Iin = "iin",
        RegistrationDate = "registration_date",
        RegistrationBasis = "registration_basis",
        DocumentIssuingAuthority = "document_issuing_authority",
        Officer = "officer",
        Visa = "visa",
        VisaIssuingAuthority = "visa_issuing_authority",
        PermanentAddressAbroad = "permanent_address_abroad",
        TemporaryAddressKz = "temporary_address_kz",
        HostPartyAddress = "host_party_address",
        Expulsion = "expulsion",
        EntryBanUntil = "entry_ban_until",
        PriorPermission = "prior_permission",
        PlannedPermanentAddress = "planned_permanent_address",
        PermanentResidenceAuthority = "permanent_residence_authority",
    }

    /// The court act behind an expulsion.
    ActKind { Sentence = "sentence", Decision = "decision" }

    /// The permission that precedes permanent residence.
    PermissionKind { Visa = "visa", TemporaryResidence = "temporary_residence" }
}

impl Field {
    /// Whether only the system sets it.
    pub const fn is_set_by_system(self) -> bool {
        matches!(
            self,
            Self::Fingerprints
                | Self::Palmprints
                | Self::RegistrationDate
                | Self::RegistrationBasis
                | Self::Officer
        )
    }
}

/// `KZ`, another code of ISO 3166-1, or nobody's citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Citizenship {
    /// Two capital letters.
    Country([u8; 2]),
    /// A stateless person.
    Stateless,
}

impl Citizenship {
    /// Of the Republic of Kazakhstan.
    pub const KAZAKHSTAN: Self = Self::Country(*b"KZ");

    /// From two capital letters or `stateless`.
    ///
    /// # Errors
    /// [`Denied::Country`] for anything else.
    pub fn new(text: &str) -> Result<Self, Denied> {
        if text == "stateless" {
            return Ok(Self::Stateless);
        }
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => {
                Ok(Self::Country([*a, *b]))
            }
            _ => Err(Denied::Country),
        }
    }

    /// Whether the person is a citizen of the Republic of Kazakhstan.
    pub fn is_citizen(self) -> bool {
        self == Self::KAZAKHSTAN
    }
}

impl fmt::Display for Citizenship {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country([a, b]) => write!(f, "{}{}", char::from(*a), char::from(*b)),
            Self::Stateless => f.write_str("stateless"),
        }
    }
}

impl TryFrom<String> for Citizenship {
    type Error = Denied;

    fn try_from(text: String) -> Result<Self, Denied> {
        Self::new(&text)
    }
}

impl From<Citizenship> for String {
    fn from(citizenship: Citizenship) -> Self {
        citizenship.to_string()
    }
}

/// A birth date as the document gives it; foreign documents may lack the day or the month. On the
/// wire `1990-03-14`, `1990-03` or `1990`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BirthDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

impl BirthDate {
    /// A whole date.
    pub fn full(date: Date) -> Self {
        Self { year: date.year(), month: Some(date.month()), day: Some(date.day()) }
    }

    /// A date without its day, or without day and month.
    ///
    /// # Errors
    /// [`Denied::BirthDate`] when there is no such month.
    pub fn partial(year: i16, month: Option<i8>) -> Result<Self, Denied> {
        Date::new(year, month.unwrap_or(1), 1).map_err(|_| Denied::BirthDate)?;
        Ok(Self { year, month, day: None })
    }

    /// The whole date, where it is known.
    pub fn date(self) -> Option<Date> {
        Date::new(self.year, self.month?, self.day?).ok()
    }

    /// The latest day that it can mean, so that nobody counts as older than is certain.
    pub fn latest(self) -> Date {
        let first = Date::constant(self.year, self.month.unwrap_or(12), self.day.unwrap_or(1));
        if self.day.is_some() { first } else { first.last_of_month() }
    }

    /// Full years on a day; an age is reached on the birthday (OP-41), and of 29 February in other
    /// years on 1 March.
    pub fn age_on(self, today: Date) -> i16 {
        let born = self.latest();
        let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
        today.year() - born.year() - i16::from(!had_birthday)
    }
}

impl TryFrom<String> for BirthDate {
    type Error = Denied;

    fn try_from(text: String) -> Result<Self, Denied> {
        let plain = |b: u8| b.is_ascii_digit() || b == b'-';
        if !text.bytes().all(plain) {
            return Err(Denied::BirthDate);
        }
        let number = |part: &str| -> Result<i16, Denied> {
            let number = part.parse::<u16>().ok();
            number.and_then(|number| i16::try_from(number).ok()).ok_or(Denied::BirthDate)
        };
        match (text.len(), text.get(..4), text.get(4..5), text.get(5..)) {
            (4, Some(year), ..) => Self::partial(number(year)?, None),
            (7, Some(year), Some("-"), Some(month)) => {
                let month = i8::try_from(number(month)?).map_err(|_| Denied::BirthDate)?;
                Self::partial(number(year)?, Some(month))
            }
            (10, ..) => text.parse().map(Self::full).map_err(|_| Denied::BirthDate),
            _ => Err(Denied::BirthDate),
        }
    }
}

impl From<BirthDate> for String {
    fn from(date: BirthDate) -> Self {
        let BirthDate { year, month, day } = date;
        match (month, day) {
            (Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
            (Some(month), None) => format!("{year:04}-{month:02}"),
            _ => format!("{year:04}"),
        }
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(private)")
    }
}

/// A document with its dates.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number or series.
    pub number: Text,
    /// Date of issue.
    pub issued: Date,
    /// Last day of validity; after the date of issue.
    pub valid_until: Date,
    /// Whether it shows a patronymic.
    pub shows_patronymic: bool,
}

impl fmt::Debug for IdentityDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityDocument({}, private)", self.kind)
    }
}

/// A visa (clause 14(8)).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisaDates {
    /// Date of issue.
    pub issued: Date,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_until: Date,
}

/// The permission of clause 14-3(10).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorPermission {
    /// What it is.
    pub kind: PermissionKind,
    /// Date of issue.
    pub issued: Date,
    /// Last day of validity.
    pub valid_until: Date,
}

/// The court act of an expulsion.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourtAct {
    /// Sentence or decision.
    pub kind: ActKind,
    /// The court.
    pub court: Text,
    /// Number of the act.
    pub number: Text,
    /// Date of the act.
    pub date: Date,
    /// The day on which it entered into force.
    pub in_force: Date,
}

/// Date and grounds of clause 14-2(10), and what OP-28 makes of readmission.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Removal {
    /// Expulsion under an act in force.
    Expulsion {
        /// The day of expulsion.
        date: Date,
        /// Its ground.
        act: CourtAct,
        /// Whether the court set a date until which entry is banned.
        bans_entry: bool,
    },
    /// Readmission under a ratified treaty.
    Readmission {
        /// The readmission decision.
        decision: Text,
        /// Its date.
        date: Date,
    },
}

/// Why a record was made (clause 13(11) and its parallels).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The category.
    pub category: Category,
    /// The clause.
    pub clause: String,
    /// The case of documentation.
    pub case_number: String,
}

/// What a field holds. `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is named after what it holds")]
pub enum Value {
    Name(Text),
    Line(Text),
    BirthDate(BirthDate),
    Sex(Sex),
    Citizenship(Citizenship),
    Image(Digest),
    Document(IdentityDocument),
    Iin(Iin),
    Visa(VisaDates),
    Removal(Removal),
    Day(Date),
    Permission(PriorPermission),
    Moment(Timestamp),
    Basis(Basis),
    Officer(OfficerName),
    Prints,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(private)")
    }
}

impl Value {
    /// Checks that the value is of the field's kind and possible today.
    ///
    /// # Errors
    /// [`Denied::WrongKind`], [`Denied::Dates`], [`Denied::BirthDate`], or that of a name.
    pub fn check(&self, field: Field, today: Date) -> Result<(), Denied> {
        use Field as F;
        match (field, self) {
            (F::Surname | F::GivenName | F::Patronymic, Self::Name(name)) => {
                Text::name(field.code(), name.as_str()).map(drop)
            }
            (
                F::BirthPlace
                | F::Ethnicity
                | F::DocumentIssuingAuthority
                | F::VisaIssuingAuthority
                | F::PermanentAddressAbroad
                | F::TemporaryAddressKz
                | F::HostPartyAddress
                | F::PlannedPermanentAddress
                | F::PermanentResidenceAuthority,
                Self::Line(_),
            )
            | (F::Sex, Self::Sex(_))
            | (F::Citizenship, Self::Citizenship(_))
            | (F::Photo | F::HolderSignature, Self::Image(_))
            | (F::Iin, Self::Iin(_))
            | (F::EntryBanUntil, Self::Day(_)) => Ok(()),
            (F::BirthDate, Self::BirthDate(birth)) => {
                if birth.latest() > today {
                    Err(Denied::BirthDate)
                } else {
                    Ok(())
                }
            }
            (F::IdentityDocument, Self::Document(d)) => {
                valid(field, d.issued, d.valid_until, today)
            }
            (F::PriorPermission, Self::Permission(p)) => {
                valid(field, p.issued, p.valid_until, today)
            }
            (F::Visa, Self::Visa(visa)) => {
                valid(field, visa.issued, visa.valid_until, today)?;
                possible(field, visa.valid_from < visa.valid_until)
            }
            (F::Expulsion, Self::Removal(removal)) => possible(field, removal.is_possible(today)),
            _ => Err(Denied::WrongKind { field }),
        }
    }
}

impl Removal {
    fn is_possible(&self, today: Date) -> bool {
        match self {
            Self::Expulsion { date, act, .. } => {
                act.date <= act.in_force && act.in_force <= *date && act.date <= today
            }
            Self::Readmission { date, .. } => *date <= today,
        }
    }
}

/// issued by today, and valid beyond the day of issue.
fn valid(field: Field, issued: Date, until: Date, today: Date) -> Result<(), Denied> {
    possible(field, issued <= today && issued < until)
}

fn possible(field: Field, possible: bool) -> Result<(), Denied> {
    if possible { Ok(()) } else { Err(Denied::Dates { field }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_age_is_reached_on_the_birthday_and_a_partial_date_counts_as_its_last_day() {
        let born = BirthDate::full(date(2010, 11, 26));
        assert_eq!(born.age_on(date(2026, 11, 25)), 15);
        assert_eq!(born.age_on(date(2026, 11, 26)), 16);
        let leap = BirthDate::full(date(2008, 2, 29));
        assert_eq!((leap.age_on(date(2026, 2, 28)), leap.age_on(date(2026, 3, 1))), (17, 18));
        let month = BirthDate::partial(2010, Some(11)).unwrap();
        assert_eq!((month.age_on(date(2026, 11, 29)), month.age_on(date(2026, 11, 30))), (15, 16));
        assert_eq!(BirthDate::partial(2010, None).unwrap().age_on(date(2026, 12, 30)), 15);
        assert_eq!(BirthDate::partial(2010, Some(13)), Err(Denied::BirthDate));
    }

    #[test]
    fn a_birth_date_is_written_as_far_as_it_is_known_and_checked_when_read() {
        for text in ["1990-03-14", "1990-03", "1990", "0990-12"] {
            let date: BirthDate = serde_json::from_str(&format!("{text:?}")).unwrap();
            assert_eq!(serde_json::to_string(&date).unwrap(), format!("{text:?}"));
        }
        let bad = [
            "",
            "90",
            "1990-13",
            "1990-00",
            "1990-02-30",
            "1990/03",
            "-990",
            "1990-3-1",
            "1990-+3",
            "1990-03-14T10",
            "199-03-14",
            "١٩٩٠",
        ];
        for text in bad {
            assert!(BirthDate::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    // Proves R-028.
    #[test]
    fn dates_that_contradict_each_other_are_refused() {
        let today = date(2026, 11, 26);
        let document = |issued, valid_until| {
            let number = Text::new("number", "N 1").unwrap();
            let kind = DocumentKind::NationalPassport;
            let shows_patronymic = false;
            Value::Document(IdentityDocument {
                kind,
                number,
                issued,
                valid_until,
                shows_patronymic,
            })
            .check(Field::IdentityDocument, today)
        };
        let wrong = Err(Denied::Dates { field: Field::IdentityDocument });
        assert_eq!(document(today, date(2036, 11, 26)), Ok(()));
        assert_eq!(document(date(2026, 11, 27), date(2036, 1, 1)), wrong);
        assert_eq!(document(date(2026, 1, 2), date(2026, 1, 1)), wrong);
        assert_eq!(document(date(2026, 1, 2), date(2026, 1, 2)), wrong);
        let visa = |issued, valid_from, valid_until| {
            Value::Visa(VisaDates { issued, valid_from, valid_until }).check(Field::Visa, today)
        };
        let wrong = Err(Denied::Dates { field: Field::Visa });
        assert_eq!(visa(today, date(2026, 12, 1), date(2027, 1, 1)), Ok(()));
        assert_eq!(visa(today, date(2027, 1, 2), date(2027, 1, 1)), wrong);
        assert_eq!(visa(date(2026, 11, 27), today, date(2027, 1, 1)), wrong);
        assert_eq!(visa(today, date(2027, 1, 1), date(2027, 1, 1)), wrong);
        let permission = |issued, valid_until| {
            let kind = PermissionKind::Visa;
            Value::Permission(PriorPermission { kind, issued, valid_until })
                .check(Field::PriorPermission, today)
        };
        assert_eq!(permission(today, date(2027, 1, 1)), Ok(()));
        let wrong = Err(Denied::Dates { field: Field::PriorPermission });
        assert_eq!(permission(today, today), wrong);
    }

    #[test]
    fn an_expulsion_follows_an_act_in_force() {
        let today = date(2026, 11, 26);
        let check = |dated, in_force, date| {
            let text = |t| Text::new("court", t).unwrap();
            let kind = ActKind::Decision;
            let (court, number) = (text("court"), text("1"));
            let act = CourtAct { kind, court, number, date: dated, in_force };
            let removal = Removal::Expulsion { date, act, bans_entry: true };
            Value::Removal(removal).check(Field::Expulsion, today)
        };
        let wrong = Err(Denied::Dates { field: Field::Expulsion });
        assert_eq!(check(date(2026, 10, 1), date(2026, 10, 16), date(2026, 12, 1)), Ok(()));
        assert_eq!(check(date(2026, 10, 1), date(2026, 12, 2), date(2026, 12, 1)), wrong);
        assert_eq!(check(date(2026, 10, 1), date(2026, 9, 30), date(2026, 12, 1)), wrong);
        assert_eq!(check(date(2026, 11, 27), date(2026, 11, 28), date(2026, 12, 1)), wrong);
        assert_eq!(check(today, today, today), Ok(()));
        let readmitted = |date| {
            let decision = Text::new("decision", "R 1").unwrap();
            Value::Removal(Removal::Readmission { decision, date }).check(Field::Expulsion, today)
        };
        assert_eq!(readmitted(today), Ok(()));
        assert_eq!(readmitted(date(2026, 11, 27)), wrong);
    }

    #[test]
    fn a_field_holds_only_its_kind_of_value() {
        let today = date(2026, 11, 26);
        let name = Value::Name(Text::new("x", "A1").unwrap());
        assert_eq!(name.check(Field::Surname, today), Err(Denied::Name { what: "surname" }));
        let wrong = Err(Denied::WrongKind { field: Field::Iin });
        assert_eq!(name.check(Field::Iin, today), wrong);
        let born = Value::BirthDate(BirthDate::full(date(2026, 11, 27)));
        assert_eq!(born.check(Field::BirthDate, today), Err(Denied::BirthDate));
        assert_eq!(format!("{name:?}"), "Value(private)");
    }
}
