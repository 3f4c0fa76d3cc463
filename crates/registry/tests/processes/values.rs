//! Values that a test needs and does not talk about.

use jiff::civil::{Date, date};
use registry::{
    ActKind, Actor, BirthDate, Body, BodyKind, Capture, CaptureMethod, CardScan, Category,
    Citizenship, Contact, CourtAct, Declarant, Digest, DocumentKind, Field, Fields, Findings,
    Finger, FingerAbsence, IdentityDocument, OfficerName, Palm, PermissionKind, Print,
    PriorPermission, RefusalForm, Removal, Role, Sex, Text, Value, VisaDates,
};

/// A checked text.
pub(crate) fn text(text: &str) -> Text {
    Text::new("text", text).unwrap()
}

/// The digest of nothing in particular.
pub(crate) fn digest(seed: u8) -> Digest {
    Digest::new(format!("{seed:02x}").repeat(32)).unwrap()
}

/// A body of a kind.
pub(crate) fn body(kind: BodyKind) -> Body {
    let id = format!("body-{kind}").replace('_', "-").try_into().unwrap();
    Body { id, kind, name: text("Уәкілетті орган"), utc_offset_minutes: 300 }
}

/// An officer with an account of his own.
pub(crate) fn officer(account: &str, role: Role, kind: BodyKind) -> Actor {
    Actor {
        account: account.to_owned().try_into().unwrap(),
        role,
        body: body(kind),
        name: OfficerName {
            surname: text("Қасымов"),
            given_name: text("Ерлан"),
            patronymic: Some(text("Болатұлы")),
        },
        position: text("аға инспектор"),
        rank: Some(text("капитан")),
        station: Some(text("station-7")),
    }
}

pub(crate) fn migration() -> Actor {
    officer("migration-1", Role::MigrationOfficer, BodyKind::InternalAffairs)
}

pub(crate) fn second_migration() -> Actor {
    officer("migration-2", Role::MigrationOfficer, BodyKind::InternalAffairs)
}

pub(crate) fn mission() -> Actor {
    officer("mission-1", Role::MissionOfficer, BodyKind::ForeignPolicy)
}

pub(crate) fn security() -> Actor {
    officer("security-1", Role::NationalSecurityOfficer, BodyKind::NationalSecurity)
}

pub(crate) fn transport() -> Actor {
    officer("transport-1", Role::TransportOfficer, BodyKind::Transport)
}

pub(crate) fn forensic(number: u8) -> Actor {
    let account = format!("forensic-{number}");
    officer(&account, Role::TerritorialForensicOfficer, BodyKind::InternalAffairs)
}

pub(crate) fn ministry_forensic() -> Actor {
    officer("ministry-forensic-1", Role::MinistryForensicOfficer, BodyKind::Ministry)
}

pub(crate) fn supervisor() -> Actor {
    officer("supervisor-1", Role::ForensicSupervisor, BodyKind::Ministry)
}

pub(crate) fn ministry(role: Role) -> Actor {
    officer(&format!("{role}-1").replace('_', "-"), role, BodyKind::Ministry)
}

pub(crate) fn administrator(number: u8) -> Actor {
    officer(&format!("administrator-{number}"), Role::Administrator, BodyKind::Ministry)
}

pub(crate) fn clerk() -> Actor {
    officer("clerk-1", Role::ChancelleryClerk, BodyKind::InternalAffairs)
}

/// A neighboring system.
pub(crate) fn system(role: Role) -> Actor {
    officer(&format!("{role}").replace('_', "-"), role, BodyKind::System)
}

pub(crate) fn border() -> Actor {
    officer("border", Role::BorderSystem, BodyKind::NationalSecurity)
}

/// The citizenship that fits a category.
pub(crate) fn citizenship(category: Category) -> Citizenship {
    match category {
        Category::C1 | Category::C2 | Category::C3 => Citizenship::KAZAKHSTAN,
        _ => Citizenship::new("UZ").unwrap(),
    }
}

/// The birth date of somebody of an age that fits a category at the end of 2026.
pub(crate) fn born(category: Category) -> BirthDate {
    let year = if category == Category::C3 { 2012 } else { 1990 };
    BirthDate::full(date(year, 3, 14))
}

/// An identity document without a patronymic.
pub(crate) fn document() -> IdentityDocument {
    IdentityDocument {
        kind: DocumentKind::NationalPassport,
        number: text("AA1234567"),
        issued: date(2020, 1, 2),
        valid_until: date(2030, 1, 1),
        shows_patronymic: false,
    }
}

/// An expulsion by a court.
pub(crate) fn expulsion(bans_entry: bool) -> Value {
    let act = CourtAct {
        kind: ActKind::Decision,
        court: text("Алматы қалалық соты"),
        number: text("3-17"),
        date: date(2026, 10, 1),
        in_force: date(2026, 10, 16),
    };
    Value::Removal(Removal::Expulsion { date: date(2026, 12, 1), act, bans_entry })
}

/// Every field of a category's record that an officer fills in.
pub(crate) fn fields(category: Category) -> Fields {
    let name = |t| Value::Name(text(t));
    let line = || Value::Line(text("Астана қаласы, Мәңгілік Ел 8"));
    let mut fields = Fields::from([
        (Field::Surname, name("Әбдіғани")),
        (Field::GivenName, name("Үмітжан")),
        (Field::Sex, Value::Sex(Sex::Male)),
        (Field::Photo, Value::Image(digest(1))),
        (Field::IdentityDocument, Value::Document(document())),
    ]);
    let (from, until) = (date(2026, 1, 1), date(2027, 1, 1));
    fields.extend(match category {
        Category::C5 => vec![
            (Field::PermanentAddressAbroad, line()),
            (Field::TemporaryAddressKz, line()),
            (Field::HostPartyAddress, line()),
        ],
        Category::C6 => vec![
            (Field::PriorPermission, permission(from, until)),
            (Field::PlannedPermanentAddress, line()),
            (Field::PermanentResidenceAuthority, line()),
        ],
        Category::C7 => {
            vec![(Field::Visa, visa(from, until)), (Field::VisaIssuingAuthority, line())]
        }
        Category::C8 => vec![
            (Field::Expulsion, expulsion(true)),
            (Field::EntryBanUntil, Value::Day(date(2031, 12, 1))),
        ],
        _ => vec![
            (Field::BirthPlace, line()),
            (Field::HolderSignature, Value::Image(digest(2))),
            (Field::DocumentIssuingAuthority, line()),
        ],
    });
    fields
}

fn permission(issued: Date, valid_until: Date) -> Value {
    let kind = PermissionKind::TemporaryResidence;
    Value::Permission(PriorPermission { kind, issued, valid_until })
}

fn visa(issued: Date, valid_until: Date) -> Value {
    Value::Visa(VisaDates { issued, valid_from: issued, valid_until })
}

/// A good print.
pub(crate) fn print() -> Print {
    Print { image: digest(3), quality: 80, attempts: 1, accepted_because: None }
}

/// A good capture by the method that a category asks for.
pub(crate) fn capture(category: Category) -> Capture {
    let rolls = matches!(category, Category::C5 | Category::C6 | Category::C8);
    let method = if rolls { CaptureMethod::ScannerRolled } else { CaptureMethod::ScannerPlain };
    let finger = |position| Finger { position, print: Ok(print()), rolled: rolls };
    let palm = |right| Palm { right, prints: Ok(vec![print()]) };
    Capture {
        method,
        fingers: (1..=10).map(finger).collect(),
        palms: if rolls { vec![palm(true), palm(false)] } else { Vec::new() },
        card: None,
        findings: Findings::default(),
    }
}

/// The same by ink on paper.
pub(crate) fn ink(category: Category) -> Capture {
    let mut capture = capture(category);
    capture.method = CaptureMethod::InkCard;
    capture.fingers.iter_mut().for_each(|finger| finger.rolled = true);
    capture.card = Some(CardScan { image: digest(4), ppi: 500 });
    capture
}

/// Some positions without an image.
pub(crate) fn without(mut capture: Capture, positions: &[u8], why: FingerAbsence) -> Capture {
    for finger in capture.fingers.iter_mut().filter(|f| positions.contains(&f.position)) {
        finger.print = Err(why);
    }
    capture
}

/// All ten positions.
pub(crate) const TEN: [u8; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/// The person of a category as form 1-1 names him.
pub(crate) fn declarant(category: Category) -> Declarant {
    Declarant {
        surname: text("Әбдіғани"),
        given_name: text("Үмітжан"),
        patronymic: None,
        birth: born(category),
        citizenship: citizenship(category),
        iin: None,
        document: document(),
        issued_by: text("ИИБ"),
    }
}

/// A refusal for oneself.
pub(crate) fn refusal(category: Category) -> RefusalForm {
    RefusalForm {
        declarant: declarant(category),
        represented: None,
        reason: text("жеке себеп"),
        knows_service: true,
        knows_liability: true,
    }
}

/// A cabinet in the portal and a mobile number.
pub(crate) fn cabinet() -> Contact {
    let mobile = Some(registry::Private("+77010000000".into()));
    Contact { cabinet: true, mobile, email: None }
}
