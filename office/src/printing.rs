//! From what the registry says is to be printed to the printed form.

use forms::{
    Allele, Alleles, BirthDate, CardRequest, Case, Certificate, CopyRequest, Date, DnaCard,
    DnaProfile, FormError, Iin, LocusName, Moment, Name, Official, Person, PersonName, Refusal,
    Representation, ValueError,
};
use jiff::Timestamp;
use jiff::tz::Offset;
use registry::{
    Access, AccessId, Body, CaseId, Citizenship, Declarant, DocumentKind, Field, Fields, Form,
    GenomicRecord, OfficerName, Registry, Text, Value,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A printed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Number of the annex, `3-1`.
    pub number: &'static str,
    /// Number of the case or application, as the form shows it.
    pub case: String,
    /// The document.
    pub pdf: Vec<u8>,
}

/// A DNA profile as the genomic subsystem delivers it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Place of birth, which form 4-1 shows and a foreigner's record may lack.
    pub birth_place: String,
    /// Locus and its alleles: `["TH01", ["6", "9.3"]]`, `["Amel", ["X", "Y"]]`.
    pub loci: Vec<(String, Vec<String>)>,
}

impl std::fmt::Debug for Profile {
    /// The number of loci alone.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profile({} loci)", self.loci.len())
    }
}

/// Why a form is not printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is")]
pub enum PrintError {
    #[error("form {form}: {field} is not on file")]
    Missing { form: &'static str, field: &'static str },
    #[error("form {form}: {field}: {error}")]
    Value { form: &'static str, field: &'static str, error: ValueError },
    #[error(transparent)]
    Form(#[from] FormError),
    #[error("the genomic subsystem has not delivered profile {record}: {reason}")]
    Profile { record: String, reason: &'static str },
}

/// Prints a form; `profiles` is the folder of the genomic subsystem.
///
/// # Errors
/// [`PrintError`].
pub fn print(
    registry: &Registry,
    form: &Form,
    at: Timestamp,
    profiles: &Path,
) -> Result<Printed, PrintError> {
    let printer = Printer { registry, number: number(form) };
    let (filled, id, body, opened) = match form {
        Form::Refusal { case, addressee } => printer.refusal(case, addressee, at)?,
        Form::Certificate { case, .. } => printer.certificate(case, form)?,
        Form::Copy { access, .. } | Form::Card { access, .. } => printer.request(access, form)?,
        Form::Dna { access, .. } => printer.dna(access, form, profiles)?,
    };
    let case = printer.case(&id, printer.date("opened", opened, &body)?)?;
    let printed_at = printer.moment(at.max(opened), &body)?;
    Ok(Printed { number: printer.number, case: id, pdf: filled.print(&case, printed_at)? })
}

const fn number(form: &Form) -> &'static str {
    match form {
        Form::Refusal { .. } => "1-1",
        Form::Certificate { .. } => "3-1",
        Form::Copy { .. } => "3-2",
        Form::Card { .. } => "3-3",
        Form::Dna { .. } => "4-1",
    }
}

/// A filled form, the number of its case, the body by whose clock it is printed, and since when the
/// case is open.
type Filled = Result<(forms::Form, String, Body, Timestamp), PrintError>;

struct Printer<'a> {
    registry: &'a Registry,
    number: &'static str,
}

impl Printer<'_> {
    fn missing(&self, field: &'static str) -> PrintError {
        PrintError::Missing { form: self.number, field }
    }

    fn value<T>(&self, field: &'static str, value: Result<T, ValueError>) -> Result<T, PrintError> {
        value.map_err(|error| PrintError::Value { form: self.number, field, error })
    }

    fn text(&self, field: &'static str, text: &Text) -> Result<forms::Text, PrintError> {
        self.value(field, forms::Text::new(text.as_str()))
    }

    /// As forms show the number of a case: capitals.
    fn case(&self, id: &str, opened: Date) -> Result<Case, PrintError> {
        self.value("case_number", Case::new(id, opened))
    }

    fn date(&self, field: &'static str, at: Timestamp, body: &Body) -> Result<Date, PrintError> {
        self.day(field, body.date(at))
    }

    fn day(&self, field: &'static str, day: jiff::civil::Date) -> Result<Date, PrintError> {
        let number = |n: i8| u8::try_from(n).unwrap_or(0);
        let year = u16::try_from(day.year()).unwrap_or(0);
        self.value(field, Date::new(year, number(day.month()), number(day.day())))
    }

    fn moment(&self, at: Timestamp, body: &Body) -> Result<Moment, PrintError> {
        // Whole hours are what a document of this kind can say.
        let hours = i8::try_from(body.utc_offset_minutes / 60).unwrap_or(0);
        let local = Offset::constant(hours).to_datetime(at);
        let time = [local.hour(), local.minute(), local.second()];
        let time = time.map(|part| u8::try_from(part).unwrap_or(0));
        let date = self.day("printed_at", local.date())?;
        self.value("printed_at", Moment::new(date, time, hours))
    }

    fn birth(&self, birth: registry::BirthDate) -> Result<BirthDate, PrintError> {
        if let Some(date) = birth.date() {
            return Ok(self.day("birth_date", date)?.into());
        }
        let text = String::from(birth);
        let mut parts = text.split('-');
        let year = parts.next().and_then(|year| year.parse().ok()).unwrap_or(0);
        let month = parts.next().and_then(|month| month.parse().ok());
        self.value("birth_date", BirthDate::partial(year, month))
    }

    fn name(&self, field: &'static str, text: &Text) -> Result<Name, PrintError> {
        self.value(field, Name::new(text.as_str()))
    }

    fn person_name(
        &self,
        surname: &Text,
        given_name: &Text,
        patronymic: Option<&Text>,
    ) -> Result<PersonName, PrintError> {
        let patronymic = patronymic.map(|name| self.name("patronymic", name)).transpose()?;
        Ok(PersonName {
            surname: self.name("surname", surname)?,
            given_name: self.name("given_name", given_name)?,
            patronymic,
        })
    }

    fn officer(&self, name: &OfficerName) -> Result<PersonName, PrintError> {
        self.person_name(&name.surname, &name.given_name, name.patronymic.as_ref())
    }

    fn official(&self, (name, position): &(OfficerName, Text)) -> Result<Official, PrintError> {
        let position = self.text("position", position)?;
        Ok(Official { name: self.officer(name)?, position })
    }

    /// The name in fields of a record.
    fn recorded(&self, fields: &Fields) -> Result<PersonName, PrintError> {
        let text = |field: Field| match fields.get(&field) {
            Some(Value::Name(text)) => Some(text),
            _ => None,
        };
        let surname = text(Field::Surname).ok_or(self.missing("surname"))?;
        let given_name = text(Field::GivenName).ok_or(self.missing("given_name"))?;
        self.person_name(surname, given_name, text(Field::Patronymic))
    }

    fn iin(&self, iin: Option<&registry::Iin>) -> Result<Option<Iin>, PrintError> {
        iin.map(|iin| self.value("iin", Iin::new(&String::from(iin.clone())))).transpose()
    }

    fn iin_in(&self, fields: &Fields) -> Result<Option<Iin>, PrintError> {
        match fields.get(&Field::Iin) {
            Some(Value::Iin(iin)) => self.iin(Some(iin)),
            _ => Ok(None),
        }
    }

    fn birth_in(&self, fields: &Fields) -> Result<BirthDate, PrintError> {
        match fields.get(&Field::BirthDate) {
            Some(Value::BirthDate(birth)) => self.birth(*birth),
            _ => Err(self.missing("birth_date")),
        }
    }

    fn registration(
        &self,
        id: &registry::RegistrationId,
    ) -> Result<forms::RegistrationId, PrintError> {
        self.value("registration_id", forms::RegistrationId::new(id.as_str()))
    }

    fn declarant(&self, declarant: &Declarant) -> Result<Person, PrintError> {
        let Declarant { surname, given_name, patronymic, birth, citizenship, iin, .. } = declarant;
        let document = &declarant.document;
        let kind = forms::Text::new(document_kind(document.kind));
        Ok(Person {
            name: self.person_name(surname, given_name, patronymic.as_ref())?,
            birth_date: self.birth(*birth)?,
            citizenship: self.citizenship(*citizenship)?,
            iin: self.iin(iin.as_ref())?,
            document: forms::IdentityDocument {
                kind: self.value("document.kind", kind)?,
                number: self.text("document.number", &document.number)?,
                issuer: self.text("document.issuer", &declarant.issued_by)?,
                issued: self.day("document.issued", document.issued)?,
            },
        })
    }

    fn citizenship(&self, citizenship: Citizenship) -> Result<forms::Text, PrintError> {
        let words = match citizenship {
            Citizenship::Stateless => "азаматтығы жоқ/без гражданства".to_owned(),
            country => country.to_string(),
        };
        self.value("citizenship", forms::Text::new(&words))
    }

    fn refusal(&self, id: &CaseId, addressee: &Text, at: Timestamp) -> Filled {
        let case = self.registry.entities().cases.get(id).ok_or(self.missing("case"))?;
        let refusal = case.refusal.as_ref().ok_or(self.missing("refusal"))?;
        let represented = |(person, basis, _): &(Declarant, Text, registry::Digest)| {
            Ok::<_, PrintError>(Representation {
                basis: self.text("basis", basis)?,
                represented: self.declarant(person)?,
                copy_attached: true,
            })
        };
        let signed = self.date("signed", at, &case.body)?;
        let form = forms::Form::Refusal(Refusal {
            addressee: self.text("addressee", addressee)?,
            declarant: self.declarant(&refusal.declarant)?,
            representation: refusal.represented.as_ref().map(represented).transpose()?,
            reason: self.text("reason", &refusal.reason)?,
            service_acknowledged: refusal.knows_service,
            liability_acknowledged: refusal.knows_liability,
            signed,
            signed_again: signed,
        });
        Ok((form, capitals(id.as_str()), case.body.clone(), at))
    }

    fn certificate(&self, id: &CaseId, form: &Form) -> Filled {
        let Form::Certificate { fields, registration, authority, officer, captured_at, .. } = form
        else {
            return Err(self.missing("form"));
        };
        let case = self.registry.entities().cases.get(id).ok_or(self.missing("case"))?;
        let (name, position, rank) = officer;
        let rank = rank.as_ref().ok_or(self.missing("officer.rank"))?;
        let filled = forms::Form::Certificate(Certificate {
            name: self.recorded(fields)?,
            birth_date: self.birth_in(fields)?,
            iin: self.iin_in(fields)?,
            registration_id: self.registration(registration)?,
            authority: self.text("authority", authority)?,
            officer: self.officer(name)?,
            officer_position: self.text("officer.position", position)?,
            officer_rank: self.text("officer.rank", rank)?,
            captured: self.date("captured", *captured_at, &case.body)?,
        });
        Ok((filled, capitals(id.as_str()), case.body.clone(), *captured_at))
    }

    fn access(&self, id: &AccessId) -> Result<&Access, PrintError> {
        self.registry.entities().accesses.get(id).ok_or(self.missing("application"))
    }

    fn request(&self, id: &AccessId, form: &Form) -> Filled {
        let access = self.access(id)?;
        let (filled, at) = match form {
            Form::Copy { registration, initiator, at, .. } => {
                let form = CopyRequest {
                    registration_id: self.registration(registration)?,
                    initiator: self.official(initiator)?,
                    date: self.date("date", *at, &access.unit)?,
                };
                (forms::Form::CopyRequest(form), *at)
            }
            Form::Card { subject, registration, initiator, at, .. } => {
                let subject = self.recorded(subject)?;
                let form = CardRequest {
                    applicant: subject.clone(),
                    subject,
                    registration_id: self.registration(registration)?,
                    initiator: self.official(initiator)?,
                    date: self.date("date", *at, &access.unit)?,
                };
                (forms::Form::CardRequest(form), *at)
            }
            _ => return Err(self.missing("form")),
        };
        Ok((filled, capitals(id.as_str()), access.unit.clone(), access.accepted_at.min(at)))
    }

    fn dna(&self, id: &AccessId, form: &Form, profiles: &Path) -> Filled {
        let Form::Dna { record, official, at, .. } = form else {
            return Err(self.missing("form"));
        };
        let access = self.access(id)?;
        let person = self.registry.entities().persons.get(&access.person);
        let person = person.ok_or(self.missing("person"))?;
        let known =
            [Field::Surname, Field::GivenName, Field::Patronymic, Field::BirthDate, Field::Iin]
                .into_iter()
                .filter_map(|field| Some((field, person.current(field)?.clone())));
        let fields: Fields = known.collect();
        let profile = profile(profiles, record)?;
        let filled = forms::Form::DnaCard(DnaCard {
            name: self.recorded(&fields)?,
            birth_date: self.birth_in(&fields)?,
            citizenship: self.citizenship(person.citizenship)?,
            birth_place: self.value("birth_place", forms::Text::new(&profile.birth_place))?,
            iin: self.iin_in(&fields)?,
            profile: loci(&profile).ok_or(PrintError::Profile {
                record: record.to_string(),
                reason: "its loci are not what form 4-1 can show",
            })?,
            official: self.official(official)?,
            date: self.date("date", *at, &access.unit)?,
        });
        Ok((filled, capitals(id.as_str()), access.unit.clone(), access.accepted_at.min(*at)))
    }
}

/// As a QR code holds it densely.
fn capitals(id: &str) -> String {
    id.to_ascii_uppercase().replace('_', "-")
}

/// As forms name a document.
const fn document_kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::IdCard => "жеке куәлік/удостоверение личности",
        DocumentKind::Passport => "паспорт",
        DocumentKind::ResidencePermit => "ықтиярхат/вид на жительство",
        DocumentKind::StatelessCertificate => {
            "азаматтығы жоқ адамның куәлігі/удостоверение лица без гражданства"
        }
        DocumentKind::RefugeeCertificate => "босқын куәлігі/удостоверение беженца",
        DocumentKind::TravelDocument => "жол жүру құжаты/проездной документ",
        DocumentKind::SeafarerId => "теңізшінің жеке куәлігі/удостоверение личности моряка",
        DocumentKind::Visa => "виза",
        DocumentKind::NationalPassport => "ұлттық паспорт/национальный паспорт",
    }
}

fn profile(folder: &Path, record: &GenomicRecord) -> Result<Profile, PrintError> {
    let error = |reason| PrintError::Profile { record: record.to_string(), reason };
    let bytes = std::fs::read(folder.join(format!("{record}.json")));
    let bytes = bytes.map_err(|_| error("there is no such file"))?;
    serde_json::from_slice(&bytes).map_err(|_| error("the file is no profile"))
}

fn loci(profile: &Profile) -> Option<DnaProfile> {
    let allele = |text: &str| {
        let (repeats, bases) = text.split_once('.').unwrap_or((text, "0"));
        Allele::new(repeats.parse().ok()?, bases.parse().ok()?).ok()
    };
    let one = |(name, found): &(String, Vec<String>)| {
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        let alleles = match found[..] {
            ["X", "X"] => Alleles::XX,
            ["X", "Y"] => Alleles::XY,
            [a] => Alleles::One(allele(a)?),
            [a, b] => Alleles::Two(allele(a)?, allele(b)?),
            _ => return None,
        };
        Some((LocusName::new(name).ok()?, alleles))
    };
    DnaProfile::new(profile.loci.iter().map(one).collect::<Option<_>>()?).ok()
}
