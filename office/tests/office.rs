//! An office over ledgers that fail, and two offices over one ledger.

#![allow(clippy::unwrap_used, reason = "the values are known to be valid")]

use jiff::Timestamp;
use office::{
    Carrier, Compared, Engine, EngineError, Entry, FileDrop, FingerImage, FolderLedger, Ledger,
    LedgerError, Office, OfficeError, Searched, Vault,
};
use registry::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Entries in memory, which several may share.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<Vec<u8>>>>);

impl Ledger for Shared {
    fn read(&mut self, from: u64) -> Result<Vec<Vec<u8>>, LedgerError> {
        Ok(self.0.borrow().iter().skip(from as usize).cloned().collect())
    }

    fn append(&mut self, number: u64, entry: &[u8]) -> Result<(), LedgerError> {
        let mut entries = self.0.borrow_mut();
        if entries.len() as u64 != number {
            return Err(LedgerError::Conflict { number });
        }
        entries.push(entry.to_vec());
        Ok(())
    }
}

/// Finds nobody, or cannot be reached.
struct Nobody {
    reachable: bool,
}

impl Engine for Nobody {
    fn name(&self) -> String {
        "nobody 1".into()
    }

    fn search(&mut self, _: &[FingerImage], _: u32) -> Result<Searched, EngineError> {
        match self.reachable {
            true => Ok(Searched { candidates: Vec::new(), searched: 7 }),
            false => Err(EngineError("no connection".into())),
        }
    }

    fn enroll(&mut self, _: &Subject, _: u32, _: &[FingerImage]) -> Result<(), EngineError> {
        Ok(())
    }

    fn compare_enrolled(
        &mut self,
        _: &[FingerImage],
        _: &Subject,
    ) -> Result<Compared, EngineError> {
        Ok(Compared { score: 0, fingers: Vec::new() })
    }

    fn compare(&mut self, _: &[FingerImage], _: &[FingerImage]) -> Result<Compared, EngineError> {
        Ok(Compared { score: 0, fingers: Vec::new() })
    }

    fn erase(&mut self, _: &Subject) -> Result<(), EngineError> {
        Ok(())
    }
}

fn now() -> Timestamp {
    "2026-11-26T05:00:00Z".parse().unwrap()
}

fn rules() -> Rulebook {
    Rulebook::new(vec![RuleSet::decree_246()]).unwrap()
}

fn text(text: &str) -> Text {
    Text::new("text", text).unwrap()
}

fn actor(account: &str, role: Role, kind: BodyKind) -> Actor {
    Actor {
        account: AccountId::new(account).unwrap(),
        role,
        body: Body {
            id: BodyId::new("body").unwrap(),
            kind,
            name: text("Уәкілетті орган"),
            utc_offset_minutes: 300,
        },
        name: OfficerName {
            surname: text("Қасымов"), given_name: text("Ерлан"), patronymic: None
        },
        position: text("инспектор"),
        rank: Some(text("капитан")),
        station: None,
    }
}

fn officer() -> Actor {
    actor("officer-1", Role::MigrationOfficer, BodyKind::InternalAffairs)
}

fn application() -> Actor {
    actor("documents", Role::DocumentApplication, BodyKind::System)
}

fn opening(case: &str, person: &str) -> Command {
    Command::OpenCase {
        case: CaseId::new(case).unwrap(),
        person: PersonId::new(person).unwrap(),
        category: Category::C4,
        reason: Reason::FirstIssue,
        documents: vec![DocumentKind::ResidencePermit],
        citizenship: Citizenship::new("UZ").unwrap(),
        birth: BirthDate::full(jiff::civil::date(1990, 3, 14)),
        decision: None,
    }
}

fn found<L: Ledger>(ledger: L) -> Office<L> {
    Office::found(ledger, rules(), Calendar::kazakhstan(), now()).unwrap()
}

/// A command with the version that this office reads.
fn envelope<L: Ledger>(office: &Office<L>, id: &str, actor: Actor, command: Command) -> Envelope {
    let expected = command.target().and_then(|matter| office.registry().version_of(&matter));
    Envelope { id: CommandId::new(id).unwrap(), expected, actor, now: now(), command }
}

/// Opens a case and brings it to a capture order; four commands.
fn order<L: Ledger>(office: &mut Office<L>, case: &str) {
    let id = CaseId::new(case).unwrap();
    let steps = [
        (officer(), opening(case, &format!("person-of-{case}"))),
        (application(), Command::RecordMark { case: id.clone(), mark: None }),
        (officer(), Command::OrderCapture { case: id }),
    ];
    for (step, (actor, command)) in steps.into_iter().enumerate() {
        let envelope = envelope(office, &format!("{case}-{step}"), actor, command);
        office.give(&envelope).unwrap();
    }
}

fn carry(office: &mut Office<impl Ledger>, folder: &std::path::Path) -> office::Worked {
    let vault = Vault::new(&folder.join("vault"));
    let (mut engine, mut neighbours) = (Nobody { reachable: true }, FileDrop::new(folder));
    let mut carrier = Carrier {
        engine: &mut engine,
        neighbours: &mut neighbours,
        vault: &vault,
        forms: &folder.join("forms"),
        profiles: &folder.join("profiles"),
    };
    office.work(&mut carrier, now()).unwrap()
}

#[test]
fn what_a_ledger_holds_is_the_registry_again_with_all_that_is_still_to_be_done() {
    let ledger = Shared::default();
    let mut office = found(ledger.clone());
    order(&mut office, "case-1");
    let again = Office::open(ledger, rules()).unwrap();
    assert!(again.registry() == office.registry());
    assert_eq!(again.head(), office.head());
    let waiting: Vec<_> = again.outbox().map(|(_, effect)| effect.clone()).collect();
    assert!(waiting.iter().any(|effect| matches!(effect, Effect::CreateOrder { number: 1, .. })));
    assert_eq!(waiting, office.outbox().map(|(_, effect)| effect.clone()).collect::<Vec<_>>());
}

#[test]
fn a_command_given_again_answers_as_it_did_and_changes_nothing() {
    let mut office = found(Shared::default());
    let open = envelope(&office, "open", officer(), opening("case", "person"));
    let first = office.give(&open).unwrap();
    assert!(!first.is_repetition);
    let head = office.head().clone();
    let later = Envelope { now: now() + jiff::SignedDuration::from_hours(1), ..open.clone() };
    let second = office.give(&later).unwrap();
    assert_eq!((second.outcome, second.is_repetition), (first.outcome, true));
    assert_eq!(*office.head(), head);
    let other = Envelope { command: opening("other", "person"), ..open };
    assert_eq!(office.give(&other), Err(OfficeError::Denied(Denied::Replayed)));
}

#[test]
fn a_refused_command_leaves_its_line_of_the_audit_trail_and_nothing_else() {
    let mut office = found(Shared::default());
    let before = office.registry().clone();
    let clerk = actor("clerk-1", Role::ChancelleryClerk, BodyKind::InternalAffairs);
    let refused = envelope(&office, "open", clerk, opening("case", "person"));
    assert!(matches!(office.give(&refused), Err(OfficeError::Denied(_))));
    assert!(*office.registry() == before);
    let entries = office.entries().unwrap();
    let last = entries.last().unwrap();
    let audit = last.entry.audit().unwrap();
    assert!(matches!(last.entry, Entry::Refused { .. }));
    assert_eq!((audit.account.as_str(), audit.role), ("clerk-1", Role::ChancelleryClerk));
    assert_ne!(audit.result, "OK");
}

#[test]
fn two_offices_over_one_ledger_lose_nothing_and_double_nothing() {
    let ledger = Shared::default();
    let mut first = found(ledger.clone());
    let mut second = Office::open(ledger.clone(), rules()).unwrap();
    for number in 0..20 {
        let (office, case) = match number % 2 {
            0 => (&mut first, format!("case-{number}")),
            _ => (&mut second, format!("case-{number}")),
        };
        order(office, &case);
    }
    // The same command at both: carried out once.
    let open = envelope(&first, "both", officer(), opening("both", "person"));
    assert!(!first.give(&open).unwrap().is_repetition);
    assert!(second.give(&open).unwrap().is_repetition);
    let all = Office::open(ledger, rules()).unwrap();
    assert_eq!(all.registry().entities().cases.len(), 21);
    assert!(all.registry() == second.registry());
}

#[test]
fn what_both_read_only_one_can_change() {
    let ledger = Shared::default();
    let mut first = found(ledger.clone());
    let open = envelope(&first, "open", officer(), opening("case", "person"));
    first.give(&open).unwrap();
    let mut second = Office::open(ledger, rules()).unwrap();
    let mark = || Command::RecordMark { case: CaseId::new("case").unwrap(), mark: None };
    let [a, b] = [("a", &first), ("b", &second)]
        .map(|(id, office)| envelope(office, id, application(), mark()));
    first.give(&a).unwrap();
    let refused = second.give(&b).unwrap_err();
    assert!(matches!(refused, OfficeError::Denied(Denied::StaleVersion { .. })), "{refused}");
}

#[test]
fn neighbours_are_told_once_and_the_outbox_is_empty_then() {
    let folder = tempfile::tempdir().unwrap();
    let mut office = found(Shared::default());
    order(&mut office, "case");
    let worked = carry(&mut office, folder.path());
    assert!(worked.waiting.is_empty() && !worked.done.is_empty(), "{worked:?}");
    assert_eq!(office.outbox().count(), 0);
    let told = std::fs::read_dir(folder.path().join("document-application")).unwrap().count();
    assert_eq!(told, worked.done.len());
    assert_eq!(carry(&mut office, folder.path()), office::Worked::default());
}

#[test]
fn what_cannot_be_done_waits_and_does_not_keep_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut office = found(Shared::default());
    order(&mut office, "first");
    order(&mut office, "second");
    // A file where the folder of the neighbour would be.
    std::fs::write(folder.path().join("document-application"), b"").unwrap();
    let worked = carry(&mut office, folder.path());
    assert_eq!((worked.done.len(), worked.waiting.len()), (0, 2));
    assert!(worked.waiting[0].1.contains("document-application"), "{worked:?}");
    std::fs::remove_file(folder.path().join("document-application")).unwrap();
    assert_eq!(carry(&mut office, folder.path()).done.len(), 2);
}

/// A power loss at any byte: what was acknowledged is there, and no command is there by half.
#[test]
fn a_ledger_cut_at_any_byte_is_the_registry_after_some_whole_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut office = found(FolderLedger::create(folder.path()).unwrap());
    let mut states = vec![(std::fs::metadata(&path).unwrap().len(), office.registry().clone())];
    let id = CaseId::new("case").unwrap();
    let steps = [
        (officer(), opening("case", "person")),
        (application(), Command::RecordMark { case: id.clone(), mark: None }),
        (officer(), Command::OrderCapture { case: id }),
    ];
    for (step, (actor, command)) in steps.into_iter().enumerate() {
        let envelope = envelope(&office, &format!("step-{step}"), actor, command);
        office.give(&envelope).unwrap();
        states.push((std::fs::metadata(&path).unwrap().len(), office.registry().clone()));
    }
    drop(office);
    let whole = std::fs::read(&path).unwrap();
    for cut in states[0].0..=whole.len() as u64 {
        std::fs::write(&path, &whole[..cut as usize]).unwrap();
        let opened = Office::open(FolderLedger::open(folder.path()).unwrap(), rules()).unwrap();
        let (_, expected) = states.iter().rev().find(|(end, _)| *end <= cut).unwrap();
        assert!(opened.registry() == expected, "cut at {cut}");
    }
}
