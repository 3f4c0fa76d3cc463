//! Made-up officers, made-up persons, and synthetic fingers.

use jiff::civil::date;
use office::{FingerImage, LiveCapture, Vault};
use rayon::prelude::*;
use registry::*;
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint, derive_seed};
use terminal::output::Output;
use vocabulary::TEMPLATE_PPI;

/// How often a finger is taken until it is good enough.
const ATTEMPTS: u32 = 3;
/// Quality that needs no reason: the larger of the minima of the rules.
const QUALITY_MIN: u8 = 40;

/// What a device at the desk would say of the print in an image: its quality, 0 to 100.
pub type Quality<'a> = &'a (dyn Fn(&[u8]) -> anyhow::Result<u8> + Sync);

/// Everybody whose fingers are needed.
pub(super) struct People {
    pub(super) persons: Vec<Person>,
}

/// Ten fingers, taken twice.
pub(super) struct Person {
    /// For a record: the image, its quality, and after how many attempts.
    fingers: Vec<(FingerImage, u8, u32)>,
    /// Taken again later.
    live: Vec<FingerImage>,
}

impl People {
    /// Nine to be registered, one by category; the same for every number of cores.
    pub(super) fn make(seed: u64, quality: Quality<'_>, output: &Output) -> anyhow::Result<Self> {
        let progress = output.progress("Growing and printing", 90);
        let finger = |index: u64| {
            let made = finger(derive_seed(seed, [index, 0, 0]), (index % 10) as u8 + 1, quality);
            progress.advance(1);
            made
        };
        let made: Vec<_> = (0..90u64).into_par_iter().map(finger).collect::<Result<_, _>>()?;
        progress.finish();
        let person = |ten: &[Made]| Person {
            fingers: ten.iter().map(|one| one.0.clone()).collect(),
            live: ten.iter().map(|one| one.1.clone()).collect(),
        };
        Ok(Self { persons: made.chunks(10).map(person).collect() })
    }
}

/// A finger for the record, and taken again.
type Made = ((FingerImage, u8, u32), FingerImage);

fn finger(seed: u64, position: u8, quality: Quality<'_>) -> anyhow::Result<Made> {
    let master = MasterPrint::generate(seed, &MasterParameters::default());
    let take = |number: u64| {
        let seed = derive_seed(seed, [number, 0, 1]);
        let print = Impression::render(&master, seed, &ImpressionParameters::typical());
        let bytes = formats::image::encode_png(&print.image, Some(TEMPLATE_PPI));
        let quality = quality(&bytes)?;
        anyhow::Ok((FingerImage { position, bytes }, quality))
    };
    let mut attempt = 1;
    let mut best = take(1)?;
    while best.1 < QUALITY_MIN && attempt < ATTEMPTS {
        attempt += 1;
        let next = take(attempt.into())?;
        if next.1 > best.1 {
            best = next;
        }
    }
    let live = take(100)?.0;
    Ok(((best.0, best.1, attempt), live))
}

impl Person {
    /// A capture by the method that a category asks for, its images kept in the vault.
    pub(super) fn capture(&self, category: Category, vault: &Vault) -> anyhow::Result<Capture> {
        let rolled = matches!(category, Category::C5 | Category::C6 | Category::C8);
        let finger = |(image, quality, attempts): &(FingerImage, u8, u32)| {
            let accepted = (*quality < QUALITY_MIN).then(|| text("терінің құрғақтығы"));
            let print = Print {
                image: vault.put(&image.bytes)?,
                quality: *quality,
                attempts: *attempts,
                accepted_because: accepted.transpose()?,
            };
            anyhow::Ok(Finger { position: image.position, print: Ok(print), rolled })
        };
        let palm = |right: bool| {
            let image =
                vault.put(format!("palm of the demonstration, right: {right}").as_bytes())?;
            let print = Print { image, quality: 80, attempts: 1, accepted_because: None };
            anyhow::Ok(Palm { right, prints: Ok(vec![print]) })
        };
        let (plain, rolls) = (CaptureMethod::ScannerPlain, CaptureMethod::ScannerRolled);
        Ok(Capture {
            method: if rolled { rolls } else { plain },
            fingers: self.fingers.iter().map(finger).collect::<Result<_, _>>()?,
            palms: if rolled { vec![palm(true)?, palm(false)?] } else { Vec::new() },
            card: None,
            findings: Findings::default(),
        })
    }

    /// A live capture of all ten fingers, kept in the vault as a list.
    pub(super) fn live(&self, vault: &Vault) -> anyhow::Result<Digest> {
        let kept = |image: &FingerImage| anyhow::Ok((image.position, vault.put(&image.bytes)?));
        let fingers = self.live.iter().map(kept).collect::<Result<_, _>>()?;
        Ok(vault.put(&serde_json::to_vec(&LiveCapture { fingers })?)?)
    }
}

pub(super) fn text(words: &str) -> anyhow::Result<Text> {
    Ok(Text::new("text", words)?)
}

fn actor(account: &str, role: Role, kind: BodyKind, body: &str) -> anyhow::Result<Actor> {
    Ok(Actor {
        account: AccountId::new(account)?,
        role,
        body: self::body(kind, body)?,
        name: OfficerName {
            surname: text("Қасымов")?,
            given_name: text("Ерлан")?,
            patronymic: Some(text("Болатұлы")?),
        },
        position: text("аға инспектор")?,
        rank: Some(text("капитан")?),
        station: Some(text("station-7")?),
    })
}

pub(super) fn body(kind: BodyKind, name: &str) -> anyhow::Result<Body> {
    let id = BodyId::new(format!("body-{kind}").replace('_', "-"))?;
    Ok(Body { id, kind, name: text(name)?, utc_offset_minutes: 300 })
}

/// Who works with the people of a category.
pub(super) fn officer_of(category: Category) -> anyhow::Result<Actor> {
    match category {
        Category::C2 => {
            let body = "Қазақстан Республикасының шетелдегі мекемесі";
            actor("mission-1", Role::MissionOfficer, BodyKind::ForeignPolicy, body)
        }
        Category::C9 => {
            let body = "Көлік саласындағы уәкілетті орган";
            actor("transport-1", Role::TransportOfficer, BodyKind::Transport, body)
        }
        _ => migration(1),
    }
}

const UNIT: &str = "Астана қаласы Полиция департаментінің Көші-қон қызметі басқармасы";

pub(super) fn migration(number: u8) -> anyhow::Result<Actor> {
    let account = format!("migration-{number}");
    actor(&account, Role::MigrationOfficer, BodyKind::InternalAffairs, UNIT)
}

pub(super) fn forensic(number: u8) -> anyhow::Result<Actor> {
    let (role, account) = (Role::TerritorialForensicOfficer, format!("forensic-{number}"));
    actor(&account, role, BodyKind::InternalAffairs, UNIT)
}

pub(super) fn ministry() -> anyhow::Result<Actor> {
    let (role, body) = (Role::MinistryForensicOfficer, "Ішкі істер министрлігі");
    actor("ministry-1", role, BodyKind::Ministry, body)
}

pub(super) fn clerk() -> anyhow::Result<Actor> {
    actor("clerk-1", Role::ChancelleryClerk, BodyKind::InternalAffairs, UNIT)
}

/// A neighbouring system.
pub(super) fn system(role: Role) -> anyhow::Result<Actor> {
    actor(&role.to_string().replace('_', "-"), role, BodyKind::System, "Жүйе")
}

/// The citizenship that fits a category.
pub(super) fn citizenship(category: Category) -> anyhow::Result<Citizenship> {
    Ok(match category {
        Category::C1 | Category::C2 | Category::C3 => Citizenship::KAZAKHSTAN,
        _ => Citizenship::new("UZ")?,
    })
}

/// The birth date of somebody of an age that fits a category.
pub(super) fn born(category: Category) -> BirthDate {
    BirthDate::full(if category == Category::C3 { date(2012, 3, 14) } else { date(1990, 3, 14) })
}

/// A made-up name for each category.
fn name(category: Category) -> [&'static str; 2] {
    match category {
        Category::C1 => ["Әбдіғани", "Үмітжан"],
        Category::C2 => ["Сейітқали", "Айнұр"],
        Category::C3 => ["Жұмабек", "Алуа"],
        Category::C4 => ["Каримов", "Рустам"],
        Category::C5 => ["Йўлдошев", "Жасур"],
        Category::C6 => ["Расулова", "Нигора"],
        Category::C7 => ["Хасанов", "Отабек"],
        Category::C8 => ["Турсунов", "Бахтиёр"],
        Category::C9 => ["Ибрагимов", "Санжар"],
    }
}

pub(super) fn document() -> anyhow::Result<IdentityDocument> {
    Ok(IdentityDocument {
        kind: DocumentKind::NationalPassport,
        number: text("AA1234567")?,
        issued: date(2020, 1, 2),
        valid_until: date(2030, 1, 1),
        shows_patronymic: false,
    })
}

/// Every field of a category's record that an officer fills in.
pub(super) fn fields(category: Category, vault: &Vault) -> anyhow::Result<Fields> {
    let [surname, given_name] = name(category);
    let line = || anyhow::Ok(Value::Line(text("Астана қаласы, Мәңгілік Ел даңғылы, 8")?));
    let image = |words: &str| anyhow::Ok(Value::Image(vault.put(words.as_bytes())?));
    let mut fields = Fields::from([
        (Field::Surname, Value::Name(text(surname)?)),
        (Field::GivenName, Value::Name(text(given_name)?)),
        (Field::Sex, Value::Sex(Sex::Male)),
        (Field::Photo, image("a photograph of the demonstration")?),
        (Field::IdentityDocument, Value::Document(document()?)),
    ]);
    let (from, until) = (date(2026, 1, 1), date(2027, 1, 1));
    let permission = PriorPermission {
        kind: PermissionKind::TemporaryResidence,
        issued: from,
        valid_until: until,
    };
    let visa = VisaDates { issued: from, valid_from: from, valid_until: until };
    fields.extend(match category {
        Category::C5 => vec![
            (Field::PermanentAddressAbroad, line()?),
            (Field::TemporaryAddressKz, line()?),
            (Field::HostPartyAddress, line()?),
        ],
        Category::C6 => vec![
            (Field::PriorPermission, Value::Permission(permission)),
            (Field::PlannedPermanentAddress, line()?),
            (Field::PermanentResidenceAuthority, line()?),
        ],
        Category::C7 => {
            vec![(Field::Visa, Value::Visa(visa)), (Field::VisaIssuingAuthority, line()?)]
        }
        Category::C8 => vec![
            (Field::Expulsion, expulsion()?),
            (Field::EntryBanUntil, Value::Day(date(2031, 12, 1))),
        ],
        _ => vec![
            (Field::BirthPlace, line()?),
            (Field::HolderSignature, image("a signature of the demonstration")?),
            (Field::DocumentIssuingAuthority, line()?),
        ],
    });
    Ok(fields)
}

fn expulsion() -> anyhow::Result<Value> {
    let act = CourtAct {
        kind: ActKind::Decision,
        court: text("Алматы қалалық соты")?,
        number: text("3-17")?,
        date: date(2026, 10, 1),
        in_force: date(2026, 10, 16),
    };
    Ok(Value::Removal(Removal::Expulsion { date: date(2026, 12, 1), act, bans_entry: true }))
}

/// A refusal for oneself.
pub(super) fn refusal(category: Category) -> anyhow::Result<RefusalForm> {
    let [surname, given_name] = name(category);
    let declarant = Declarant {
        surname: text(surname)?,
        given_name: text(given_name)?,
        patronymic: None,
        birth: born(category),
        citizenship: citizenship(category)?,
        iin: None,
        document: document()?,
        issued_by: text("ИИБ")?,
    };
    Ok(RefusalForm {
        declarant,
        represented: None,
        reason: text("жеке себеп")?,
        knows_service: true,
        knows_liability: true,
    })
}

/// A cabinet in the portal and a mobile number.
pub(super) fn contact() -> Contact {
    let mobile = Some(Private("+77010000000".into()));
    Contact { cabinet: true, mobile, email: None }
}
