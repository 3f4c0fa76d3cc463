//! A registry with a clock that the test moves, and steps that tests share.

use crate::values::*;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use registry::*;

/// Local time of every body of the tests.
pub(crate) const ASTANA: Offset = Offset::constant(5);

pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) now: Timestamp,
    commands: u32,
    pub(crate) effects: Vec<Effect>,
}

pub(crate) fn local(text: &str) -> Timestamp {
    ASTANA.to_timestamp(text.parse::<DateTime>().unwrap()).unwrap()
}

impl World {
    /// Thursday 26 November 2026, ten in the morning.
    pub(crate) fn new() -> Self {
        Self::under(RuleSet::decree_246())
    }

    pub(crate) fn under(rules: RuleSet) -> Self {
        let now = local("2026-11-26T10:00");
        let book = Rulebook::new(vec![rules]).unwrap();
        let registry = Registry::new(book, Calendar::kazakhstan(), now).unwrap();
        Self { registry, now, commands: 0, effects: Vec::new() }
    }

    pub(crate) fn envelope(&mut self, actor: &Actor, command: Command) -> Envelope {
        self.commands += 1;
        let id = CommandId::new(format!("command-{}", self.commands)).unwrap();
        let expected = command.target().and_then(|matter| self.registry.version_of(&matter));
        Envelope { id, expected, actor: actor.clone(), now: self.now, command }
    }

    /// Gives a command that must be carried out; keeps its effects.
    #[track_caller]
    pub(crate) fn give(&mut self, actor: &Actor, command: Command) -> Outcome {
        let envelope = self.envelope(actor, command);
        match self.registry.apply(&envelope) {
            Ok(applied) => {
                self.effects = applied.effects;
                applied.outcome
            }
            Err(refused) => panic!("refused {:?}: {}", envelope.command, refused.denied),
        }
    }

    /// Gives a command that must be refused: nothing is stored, and the attempt is audited.
    #[track_caller]
    pub(crate) fn refuse(&mut self, actor: &Actor, command: Command) -> Denied {
        let envelope = self.envelope(actor, command);
        let before = self.registry.clone();
        let refused = self.registry.apply(&envelope).expect_err("the command was carried out");
        assert!(self.registry == before, "a refused command changed what is stored");
        assert_eq!(refused.audit.result, refused.denied.code());
        assert_eq!(refused.audit.account, actor.account);
        refused.denied
    }

    pub(crate) fn later(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    pub(crate) fn at(&mut self, time: &str) {
        self.now = local(time);
    }

    pub(crate) fn case(&self, case: &str) -> &Case {
        &self.registry.entities().cases[&id(case)]
    }

    pub(crate) fn state(&self, case: &str) -> CaseState {
        self.case(case).state
    }

    pub(crate) fn person(&self, person: &str) -> &Person {
        &self.registry.entities().persons[&id(person)]
    }

    pub(crate) fn identifier(&self, person: &str) -> RegistrationId {
        self.person(person).registration.as_ref().unwrap().identifier.clone()
    }

    pub(crate) fn has_effect(&self, found: impl Fn(&Effect) -> bool) -> bool {
        self.effects.iter().any(found)
    }

    /// The officer who opens a category by default.
    pub(crate) fn officer_of(category: Category) -> Actor {
        match category {
            Category::C2 => mission(),
            Category::C9 => transport(),
            _ => migration(),
        }
    }

    pub(crate) fn opening(case: &str, person: &str, category: Category) -> Command {
        let (reason, documents) = match category {
            Category::C1 => (Reason::FirstIssue, vec![DocumentKind::IdCard]),
            Category::C2 | Category::C3 => (Reason::FirstIssue, vec![DocumentKind::Passport]),
            Category::C4 => (Reason::FirstIssue, vec![DocumentKind::ResidencePermit]),
            Category::C5 => (Reason::TemporaryResidence, vec![]),
            Category::C6 => (Reason::PermanentResidence, vec![]),
            Category::C7 => (Reason::Visa, vec![DocumentKind::Visa]),
            Category::C8 => (Reason::Expulsion, vec![]),
            Category::C9 => (Reason::SeafarerDocument, vec![DocumentKind::SeafarerId]),
        };
        Command::OpenCase {
            case: id(case),
            person: id(person),
            category,
            reason,
            documents,
            citizenship: citizenship(category),
            birth: born(category),
            decision: (category == Category::C9).then(|| text("шешім 12")),
        }
    }

    /// Opens a case.
    #[track_caller]
    pub(crate) fn open(&mut self, case: &str, person: &str, category: Category) {
        self.give(&Self::officer_of(category), Self::opening(case, person, category));
    }

    /// What the document-issuance application knows, which is what it was told.
    pub(crate) fn mark_of(&self, person: &str) -> Option<(MarkStatus, Option<RegistrationId>)> {
        let mark = self.person(person).mark.as_ref()?;
        Some((mark.status, mark.identifier.clone()))
    }

    /// Lets the document-issuance application answer about the mark.
    #[track_caller]
    pub(crate) fn check_mark(&mut self, case: &str) {
        let person = self.case(case).person.clone();
        let mark = self.mark_of(person.as_str());
        self.give(&system(Role::DocumentApplication), Command::RecordMark { case: id(case), mark });
    }

    /// Brings a case to a capture order.
    #[track_caller]
    pub(crate) fn order(&mut self, case: &str, person: &str, category: Category) {
        let officer = Self::officer_of(category);
        self.open(case, person, category);
        if category == Category::C3 {
            let representative = representative();
            self.give(&officer, Command::RecordRepresentative { case: id(case), representative });
        }
        if matches!(category, Category::C1 | Category::C2 | Category::C3) {
            self.give(&officer, Command::RecordAnswer { case: id(case), yes: true });
        }
        self.check_mark(case);
        if self.state(case) != CaseState::Ordered {
            self.give(&officer, Command::OrderCapture { case: id(case) });
        }
    }

    /// Brings an ordered case to the search.
    #[track_caller]
    pub(crate) fn submit(&mut self, case: &str, subject: &str) {
        let category = self.case(case).category;
        self.submit_this(case, subject, capture(category), fields(category));
    }

    #[track_caller]
    pub(crate) fn submit_this(
        &mut self,
        case: &str,
        subject: &str,
        capture: Capture,
        fields: Fields,
    ) {
        let officer = Self::officer_of(self.case(case).category);
        let order = self.case(case).orders.len() as u32;
        self.give(&officer, Command::SubmitCapture { case: id(case), order, capture });
        self.give(&officer, Command::FillFields { case: id(case), fields, cannot_sign: None });
        self.give(&officer, finalize(case, subject));
    }

    /// The engine's answer to the search under way.
    pub(crate) fn searched(&self, case: &str, candidates: &[&str]) -> Command {
        let candidates = candidates.iter().map(|subject| id(subject)).collect();
        let question = self.case(case).questions;
        let (searched, engine) = (1000, "engine 1".into());
        Command::SearchVerdict { case: id(case), question, candidates, searched, engine }
    }

    /// Registers a person from opening to commitment.
    #[track_caller]
    pub(crate) fn register(
        &mut self,
        case: &str,
        person: &str,
        category: Category,
    ) -> RegistrationId {
        self.order(case, person, category);
        self.submit(case, &format!("subject-{person}"));
        let verdict = self.searched(case, &[]);
        self.give(&system(Role::Engine), verdict);
        self.identifier(person)
    }

    /// Starts a comparison with the database.
    #[track_caller]
    pub(crate) fn compare(&mut self, case: &str) {
        let officer = Self::officer_of(self.case(case).category);
        self.give(&officer, comparison(case));
    }

    /// The engine's answer to the comparison under way.
    pub(crate) fn compared(&self, case: &str, score: Option<u32>, fingers: &[u8]) -> Command {
        let (question, fingers) = (self.case(case).questions, fingers.to_vec());
        Command::VerificationVerdict { case: id(case), question, score, fingers }
    }

    /// A comparison with its answer.
    #[track_caller]
    pub(crate) fn verify(&mut self, case: &str, score: u32) {
        self.compare(case);
        let verdict = self.compared(case, Some(score), &TEN);
        self.give(&system(Role::Engine), verdict);
    }

    /// All check measures and their conclusion.
    #[track_caller]
    pub(crate) fn conclude(&mut self, case: &str, conclusion: Conclusion) {
        for measure in [Measure::CaptureByAnotherOfficer, Measure::Search, Measure::Examination] {
            let command = Command::RecordMeasure { case: id(case), measure };
            self.give(&second_migration(), command);
        }
        let damage = (conclusion == Conclusion::SamePersonDamaged).then_some(Damage::Scar);
        self.give(&forensic(1), Command::Conclude { case: id(case), conclusion, damage });
    }

    /// The obligations of a matter with their codes, in order of code.
    pub(crate) fn owed(&self, matter: &Matter) -> Vec<(&'static str, &ObligationStatus)> {
        let all = self.registry.entities().obligations.values();
        let of = all.filter(|obligation| obligation.key.matter == *matter);
        of.map(|obligation| (obligation.key.code.code(), &obligation.status)).collect()
    }

    pub(crate) fn obligation(&self, matter: &Matter, code: DeadlineCode) -> &Obligation {
        let key = ObligationKey { matter: matter.clone(), code, round: 1 };
        &self.registry.entities().obligations[&key]
    }
}

/// An identifier of whatever kind is wanted.
pub(crate) fn id<T: TryFrom<String>>(text: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(text.to_owned()).unwrap()
}

pub(crate) fn representative() -> Representative {
    let (consent, proof) = (Some(digest(5)), Some(digest(6)));
    Representative { name: text("Айгүл Сейітова"), present: true, consent, proof }
}

pub(crate) fn finalize(case: &str, subject: &str) -> Command {
    Command::Finalize { case: id(case), subject: id(subject), acknowledged: false }
}

pub(crate) fn comparison(case: &str) -> Command {
    Command::StartVerification {
        case: id(case),
        ink: false,
        slaps: vec![13, 14, 11, 12],
        live: digest(7),
        reference: Reference::Database,
        document: None,
    }
}
