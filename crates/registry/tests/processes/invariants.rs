//! Random commands by random officers: whatever they try, these things hold.

use crate::random_commands::{command, steps};
use crate::world::*;
use jiff::SignedDuration;
use proptest::prelude::*;
use registry::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the test remembers of the commands that were carried out, kept apart from the registry.
#[derive(Default)]
struct Memory {
    /// The last answer of every case.
    said_yes: BTreeMap<CaseId, bool>,
    /// Orders that effects told of.
    ordered: BTreeSet<CaseId>,
    /// Cases whose search was started, and those whose search was answered since.
    searching: BTreeSet<CaseId>,
    searched: BTreeSet<CaseId>,
    /// Registrations that were committed, by the mark or confirmation that told of them.
    confirmed: BTreeSet<Subject>,
}

impl Memory {
    fn note(&mut self, command: &Command, effects: &[Effect]) {
        match command {
            Command::RecordAnswer { case, yes } => {
                self.said_yes.insert(case.clone(), *yes);
            }
            Command::SearchVerdict { case, .. } if self.searching.remove(case) => {
                self.searched.insert(case.clone());
            }
            _ => {}
        }
        for effect in effects {
            match effect {
                Effect::CreateOrder { case, .. } => {
                    self.ordered.insert(case.clone());
                }
                Effect::EnrollWithDuplicateCheck { case, .. } => {
                    self.searched.remove(case);
                    self.searching.insert(case.clone());
                }
                Effect::ConfirmEnrollment { subject, .. } => {
                    self.confirmed.insert(subject.clone());
                }
                _ => {}
            }
        }
    }
}

fn asked(category: Category) -> bool {
    matches!(category, Category::C1 | Category::C2 | Category::C3)
}

fn nothing_biometric_without_consent_and_basis(world: &World, memory: &Memory) {
    let rules = RuleSet::decree_246();
    for case in world.registry.entities().cases.values() {
        let biometric = case.capture.is_some()
            || [Field::Fingerprints, Field::Palmprints, Field::Photo, Field::HolderSignature]
                .iter()
                .any(|field| case.draft.contains_key(field));
        if !biometric {
            continue;
        }
        let basis = rules.category(case.category).basis(case.body.kind);
        assert_eq!(basis, Some(case.basis.as_str()), "{}: prints without a basis", case.id);
        assert!(memory.ordered.contains(&case.id), "{}: prints without an order", case.id);
        let consent = memory.said_yes.get(&case.id).copied().unwrap_or(false);
        assert!(consent || !asked(case.category), "{}: prints without consent", case.id);
    }
}

fn records_hold_exactly_what_their_clause_lists(world: &World) {
    let rules = RuleSet::decree_246();
    let listed = |category: Category| -> BTreeSet<Field> {
        rules.field_set(category).fields.iter().map(|rule| rule.field).collect()
    };
    let entities = world.registry.entities();
    for case in entities.cases.values() {
        let kept: BTreeSet<Field> = case.draft.keys().copied().collect();
        assert!(kept.is_subset(&listed(case.category)), "{}: {kept:?}", case.id);
    }
    for person in entities.persons.values() {
        let records = person.registration.iter().flat_map(|registration| &registration.records);
        let mut of_person = BTreeSet::new();
        for record in records {
            let kept: BTreeSet<Field> = record.fields.keys().copied().collect();
            assert!(kept.is_subset(&listed(record.category)), "{kept:?}");
            let mandatory = rules.field_set(record.category).fields.iter();
            let mandatory = mandatory.filter(|rule| rule.need == Need::Mandatory);
            let lacks: Vec<Field> =
                mandatory.map(|rule| rule.field).filter(|f| !kept.contains(f)).collect();
            assert!(lacks.iter().all(|field| *field == Field::HolderSignature), "{lacks:?}");
            of_person.extend(listed(record.category));
        }
        for correction in &person.corrections {
            assert!(correction.fields.keys().all(|field| of_person.contains(field)));
        }
    }
}

fn marks_say_what_is_registered(world: &World) {
    for person in world.registry.entities().persons.values() {
        let registered = person.registration.as_ref().map(|r| &r.identifier);
        let Some(mark) = &person.mark else {
            assert_eq!(registered, None, "a registration without its mark");
            continue;
        };
        assert_eq!(mark.identifier.as_ref(), registered, "the mark names another registration");
        let committed = matches!(mark.status, MarkStatus::Full | MarkStatus::PartialTemporary);
        assert_eq!(committed, registered.is_some(), "the mark says {}", mark.status);
    }
}

fn registrations_follow_searches(world: &World, memory: &Memory) {
    let entities = world.registry.entities();
    let mut subjects = BTreeSet::new();
    for person in entities.persons.values() {
        let Some(registration) = &person.registration else { continue };
        assert_eq!(entities.registrations.get(&registration.identifier), Some(&person.id));
        assert_eq!(entities.subjects.get(&registration.subject), Some(&person.id));
        assert!(subjects.insert(&registration.subject), "two persons under one subject");
        assert!(memory.confirmed.contains(&registration.subject));
        for (place, record) in registration.records.iter().enumerate() {
            assert!(memory.searched.contains(&record.case), "{}: no search", record.case);
            assert_eq!(usize::try_from(record.number).unwrap(), place + 1);
            assert!(record.search.at <= record.at);
            let first = matches!(
                record.kind,
                OrderKind::First | OrderKind::Again(ReregistrationReason::Deferred)
            );
            assert_eq!(first, place == 0, "{:?} as record {}", record.kind, record.number);
        }
    }
}

fn certificates_follow_registrations(world: &World, effects: &[Effect]) {
    for effect in effects {
        let Effect::Form(form) = effect else { continue };
        let Form::Certificate { case, registration, .. } = &**form else { continue };
        let case = &world.registry.entities().cases[case];
        let person = world.person(case.person.as_str());
        let registered = person.registration.as_ref().map(|r| &r.identifier);
        assert_eq!(registered, Some(registration), "a certificate about nothing");
        assert!(!case.citizenship.is_citizen());
    }
}

/// Met, cancelled with a reason, or open; and when late, in the list of what is late.
fn nothing_owed_is_lost(before: &Registry, world: &World) {
    let now = &world.registry.entities().obligations;
    let work: BTreeSet<_> = world.registry.work_list().iter().map(|o| &o.key).collect();
    let late: BTreeSet<_> = world.registry.overdue(world.now).iter().map(|o| &o.key).collect();
    for (key, old) in &before.entities().obligations {
        let kept = now.get(key).expect("an obligation vanished");
        assert!(old.is_open() || kept.status == old.status, "{key:?} was reopened");
        assert!(old.overdue_since.is_none() || kept.overdue_since == old.overdue_since);
    }
    for (key, obligation) in now {
        match &obligation.status {
            ObligationStatus::Open => {
                assert!(work.contains(key), "{key:?} is in no work list");
                let is_late = world.now > obligation.due && !obligation.is_paused();
                assert_eq!(late.contains(key), is_late, "{key:?} is late and nobody sees it");
                assert!(!is_over(world, &key.matter), "{key:?} is owed by nobody");
            }
            ObligationStatus::Met { at, late } => {
                assert!(*at <= world.now);
                assert!(!late || obligation.overdue_since.is_some(), "{key:?} was late unseen");
            }
            ObligationStatus::Cancelled { reason, .. } => assert!(!reason.is_empty()),
        }
    }
    for access in world.registry.entities().accesses.values() {
        let waits = matches!(access.state, AccessState::Accepted | AccessState::Data);
        let matter = Matter::Access(access.id.clone());
        let owed = work.iter().any(|key| key.matter == matter);
        assert!(owed || !waits, "nothing is owed to {} in {}", access.id, access.state);
    }
}

fn is_over(world: &World, matter: &Matter) -> bool {
    let entities = world.registry.entities();
    match matter {
        Matter::Case(id) => matches!(
            entities.cases[id].state,
            CaseState::Closed | CaseState::Refused | CaseState::Escalated
        ),
        Matter::Access(id) => entities.accesses[id].state.is_final(),
        Matter::Request(id) => {
            let state = entities.requests[id].state;
            matches!(state, RequestState::Answered | RequestState::Refused)
        }
    }
}

/// What a change says was stored is all that changed.
fn changes_are_the_whole_difference(before: &Registry, world: &World, applied: &Applied) {
    let (old, new) = (before.entities(), world.registry.entities());
    let cases = new.cases.iter().filter(|(id, case)| old.cases.get(id) != Some(case));
    assert!(cases.into_iter().all(|(id, case)| applied.changes.cases.get(id) == Some(case)));
    let persons = new.persons.iter().filter(|(id, person)| old.persons.get(id) != Some(person));
    assert!(persons.into_iter().all(|(id, p)| applied.changes.persons.get(id) == Some(p)));
    let owed = new.obligations.iter().filter(|(key, o)| old.obligations.get(key) != Some(o));
    assert!(owed.into_iter().all(|(key, o)| applied.changes.obligations.get(key) == Some(o)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    // Proves.
    #[test]
    fn whatever_officers_try_the_rules_hold(steps in steps()) {
        let mut world = World::new();
        let mut memory = Memory::default();
        for step in steps {
            world.now += SignedDuration::from_mins(i64::from(step.minutes));
            let (actor, command) = command(&world, step);
            let envelope = world.envelope(&actor, command);
            let before = world.registry.clone();
            match world.registry.apply(&envelope) {
                Err(refused) => {
                    prop_assert!(world.registry == before, "a refused command stored something");
                    prop_assert_eq!(refused.audit.result, refused.denied.code());
                }
                Ok(applied) => {
                    prop_assert!(matches!(applied.effects[0], Effect::Audit(_)));
                    memory.note(&envelope.command, &applied.effects);
                    certificates_follow_registrations(&world, &applied.effects);
                    changes_are_the_whole_difference(&before, &world, &applied);
                }
            }
            nothing_biometric_without_consent_and_basis(&world, &memory);
            records_hold_exactly_what_their_clause_lists(&world);
            marks_say_what_is_registered(&world);
            registrations_follow_searches(&world, &memory);
            nothing_owed_is_lost(&before, &world);
        }
    }
}
