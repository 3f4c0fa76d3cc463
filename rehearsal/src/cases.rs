//! Cases of documentation: one of each category, and what goes another way.

use super::people::{self, People, Person};
use super::walk::Walk;
use registry::*;

/// Who is registered in which category, and why the case is opened.
const WALKS: [(Category, Reason, &[DocumentKind]); 9] = [
    (Category::C1, Reason::FirstIssue, &[DocumentKind::IdCard]),
    (Category::C2, Reason::FirstIssue, &[DocumentKind::Passport]),
    (Category::C3, Reason::FirstIssue, &[DocumentKind::Passport]),
    (Category::C4, Reason::FirstIssue, &[DocumentKind::ResidencePermit]),
    (Category::C5, Reason::TemporaryResidence, &[]),
    (Category::C6, Reason::PermanentResidence, &[]),
    (Category::C7, Reason::Visa, &[DocumentKind::Visa]),
    (Category::C8, Reason::Expulsion, &[]),
    (Category::C9, Reason::SeafarerDocument, &[DocumentKind::SeafarerId]),
];

pub(super) fn all(walk: &mut Walk, people: &People) -> anyhow::Result<()> {
    for (walked, person) in WALKS.iter().zip(&people.persons) {
        let (category, ..) = *walked;
        let case = Documentation::new(&format!("case-{category}"), *walked, category.code())?;
        case.register(walk, person)?;
        case.document(walk)?;
    }
    genomic(walk)?;
    refusal(walk)?;
    recognized(walk, people)?;
    mismatch(walk, people)?;
    under_another_name(walk, people)
}

/// A case with the officer who works on it.
struct Documentation {
    name: String,
    case: CaseId,
    person: PersonId,
    category: Category,
    reason: Reason,
    documents: Vec<DocumentKind>,
    officer: Actor,
}

impl Documentation {
    fn new(
        name: &str,
        (category, reason, documents): (Category, Reason, &[DocumentKind]),
        person: &str,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            case: CaseId::new(name)?,
            person: PersonId::new(format!("person-{person}"))?,
            category,
            reason,
            documents: documents.to_vec(),
            officer: people::officer_of(category)?,
        })
    }

    fn step(
        &self,
        walk: &mut Walk,
        clause: &str,
        what: &str,
        command: Command,
    ) -> anyhow::Result<Outcome> {
        walk.step((&self.name, clause, what), &self.officer, command)
    }

    fn case(&self) -> CaseId {
        self.case.clone()
    }

    fn is_citizen(&self) -> bool {
        matches!(self.category, Category::C1 | Category::C2 | Category::C3)
    }

    /// The clause that the whole process is of.
    fn process(&self) -> &'static str {
        if self.is_citizen() { "21-2" } else { "21-3" }
    }

    fn open(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let decision = (self.category == Category::C9).then(|| people::text("шешім 12"));
        let open = Command::OpenCase {
            case: self.case(),
            person: self.person.clone(),
            category: self.category,
            reason: self.reason,
            documents: self.documents.clone(),
            citizenship: people::citizenship(self.category)?,
            birth: people::born(self.category),
            decision: decision.transpose()?,
        };
        self.step(walk, self.process(), "case opened", open)?;
        if self.category == Category::C3 {
            let kept = |words: &str| walk.desk.vault.put(words.as_bytes());
            let (consent, proof) = (kept("consent")?, kept("proof of representation")?);
            let representative = Representative {
                name: people::text("Айгүл Жұмабек")?,
                present: true,
                consent: Some(consent),
                proof: Some(proof),
            };
            let command = Command::RecordRepresentative { case: self.case(), representative };
            self.step(walk, "10", "representative present", command)?;
        }
        if self.is_citizen() {
            let answer = Command::RecordAnswer { case: self.case(), yes: true };
            self.step(walk, "21-2", "asked, says yes", answer)?;
        }
        Ok(())
    }

    /// What the document-issuance application says is what it was told.
    fn check_mark(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let persons = &walk.desk.office.registry().entities().persons;
        let mark = persons.get(&self.person).and_then(|person| person.mark.as_ref());
        let mark = mark.map(|mark| (mark.status, mark.identifier.clone()));
        let command = Command::RecordMark { case: self.case(), mark };
        let application = people::system(Role::DocumentApplication)?;
        walk.step(
            (&self.name, self.process(), "registration mark checked"),
            &application,
            command,
        )?;
        Ok(())
    }

    fn state(&self, walk: &Walk) -> Option<CaseState> {
        let cases = &walk.desk.office.registry().entities().cases;
        cases.get(&self.case).map(|case| case.state)
    }

    /// From the opening to the search, which the office asks the engine for.
    fn register(&self, walk: &mut Walk, person: &Person) -> anyhow::Result<()> {
        self.open(walk)?;
        self.check_mark(walk)?;
        if self.state(walk) != Some(CaseState::Ordered) {
            let order = Command::OrderCapture { case: self.case() };
            self.step(walk, self.process(), "capture ordered", order)?;
        }
        let capture = person.capture(self.category, &walk.desk.vault)?;
        let submit = Command::SubmitCapture { case: self.case(), order: 1, capture };
        self.step(walk, "16", "ten fingers captured", submit)?;
        let fields = people::fields(self.category, &walk.desk.vault)?;
        let fill = Command::FillFields { case: self.case(), fields, cannot_sign: None };
        self.step(walk, clause_of_fields(self.category), "record filled in", fill)?;
        let subject = Subject::new(format!("s-{}", self.name))?;
        let finalize = Command::Finalize { case: self.case(), subject, acknowledged: false };
        self.step(walk, "21", "record closed, search before registration", finalize)?;
        Ok(())
    }

    /// From the registration to the document, with the certificate of foreigners.
    fn document(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let start = Command::StartDocumentation { case: self.case() };
        self.step(walk, self.process(), "documentation begins", start)?;
        let certificate = Command::PrintCertificate { case: self.case() };
        // For foreigners and stateless persons, by the internal affairs bodies.
        if self.is_citizen() || self.category == Category::C9 {
            let about = (&*self.name, "26-1", "certificate asked for");
            walk.refused(about, &self.officer, certificate)?;
        } else {
            self.step(walk, "26-1", "certificate (form 3-1)", certificate)?;
            self.attach(walk, FormCode::Certificate)?;
        }
        let close = Command::CloseCase { case: self.case() };
        self.step(walk, self.process(), "document handed over, case closed", close)?;
        Ok(())
    }

    fn attach(&self, walk: &mut Walk, form: FormCode) -> anyhow::Result<()> {
        let scan = walk.desk.vault.put(format!("scan of {form} of {}", self.name).as_bytes())?;
        let attach = Command::AttachScan { case: self.case(), form, scan };
        self.step(walk, "26", "signed form scanned", attach)?;
        Ok(())
    }

    fn verify(&self, walk: &mut Walk, person: &Person) -> anyhow::Result<()> {
        let live = person.live(&walk.desk.vault)?;
        let command = Command::StartVerification {
            case: self.case(),
            ink: false,
            slaps: vec![13, 14, 11, 12],
            live,
            reference: Reference::Database,
            document: None,
        };
        self.step(walk, "21-4", "live capture compared with the database", command)?;
        Ok(())
    }
}

/// The clause with the fields of a category.
const fn clause_of_fields(category: Category) -> &'static str {
    match category {
        Category::C7 => "14",
        Category::C5 => "14-1",
        Category::C8 => "14-2",
        Category::C6 => "14-3",
        _ => "13",
    }
}

/// The tenth category: a genomic registration is a reference into another subsystem.
fn genomic(walk: &mut Walk) -> anyhow::Result<()> {
    let (person, record) = (PersonId::new("person-C1")?, GenomicRecord::new("dna-1")?);
    let about = ("person-C1", "136-5", "genomic registration recorded");
    walk.step(about, &people::ministry()?, Command::RecordGenomic { person, record })?;
    Ok(())
}

/// A foreigner refuses: form 1-1, signed and scanned.
fn refusal(walk: &mut Walk) -> anyhow::Result<()> {
    let case = Documentation::new("case-refusal", WALKS[4], "refuses")?;
    case.open(walk)?;
    case.check_mark(walk)?;
    let form = Box::new(people::refusal(case.category)?);
    let refuse = Command::RecordRefusal { case: case.case(), form };
    case.step(walk, "21-3", "refuses (form 1-1)", refuse)?;
    let close = Command::CloseRefused { case: case.case() };
    walk.refused((&case.name, "21-3", "closed without the signed form"), &case.officer, close)?;
    case.attach(walk, FormCode::Refusal)?;
    let close = Command::CloseRefused { case: case.case() };
    case.step(walk, "21-3", "refusal closed", close)?;
    let start = Command::StartDocumentation { case: case.case() };
    walk.refused((&case.name, "21-3", "documentation all the same"), &case.officer, start)
}

/// A registered person comes again and is recognized.
fn recognized(walk: &mut Walk, people: &People) -> anyhow::Result<()> {
    let case = Documentation::new("case-again", WALKS[3], "C4")?;
    case.open(walk)?;
    case.check_mark(walk)?;
    case.verify(walk, &people.persons[3])?;
    let close = Command::CloseCase { case: case.case() };
    case.step(walk, "21-4", "document handed over, case closed", close)?;
    Ok(())
}

/// Somebody else comes with the documents of a registered person: check measures.
fn mismatch(walk: &mut Walk, people: &People) -> anyhow::Result<()> {
    let case = Documentation::new("case-mismatch", WALKS[6], "C7")?;
    case.open(walk)?;
    case.check_mark(walk)?;
    case.verify(walk, &people.persons[0])?;
    let start = Command::StartDocumentation { case: case.case() };
    walk.refused((&case.name, "21-4", "documentation all the same"), &case.officer, start)?;
    let measures = [Measure::CaptureByAnotherOfficer, Measure::Search, Measure::Examination];
    for measure in measures {
        let command = Command::RecordMeasure { case: case.case(), measure };
        let what = format!("check measure: {measure}");
        walk.step((&case.name, "126", &what), &people::migration(2)?, command)?;
    }
    let (conclusion, damage) = (Conclusion::DifferentPerson, None);
    let conclude = Command::Conclude { case: case.case(), conclusion, damage };
    walk.step((&case.name, "128", "concluded: another person"), &people::forensic(1)?, conclude)?;
    Ok(())
}

/// A registered person comes under another name: the search finds it, two examiners decide.
fn under_another_name(walk: &mut Walk, people: &People) -> anyhow::Result<()> {
    let case = Documentation::new("case-alias", WALKS[3], "alias")?;
    case.register(walk, &people.persons[4])?;
    let found = Subject::new("s-case-C5")?;
    for examiner in 1..=2 {
        let finding = Finding::OtherIdentity(found.clone());
        let command = Command::Adjudicate { case: case.case(), finding };
        let about = (&*case.name, "21", "examiner: the same person, another identity");
        walk.step(about, &people::forensic(examiner)?, command)?;
    }
    Ok(())
}
