//! Replayed, reordered and competing commands.

use crate::values::*;
use crate::world::*;
use registry::*;

#[test]
fn a_replayed_command_is_refused() {
    let mut world = World::new();
    let envelope = world.envelope(&migration(), World::opening("case", "person", Category::C4));
    world.registry.apply(&envelope).unwrap();
    let before = world.registry.clone();
    let again = world.registry.apply(&envelope).unwrap_err();
    assert_eq!(again.denied, Denied::Replayed);
    assert!(world.registry == before);
}

#[test]
fn a_refused_command_may_be_given_again() {
    let mut world = World::new();
    world.open("case", "person", Category::C4);
    let order = world.envelope(&migration(), Command::OrderCapture { case: id("case") });
    world.registry.apply(&order).unwrap_err();
    world.check_mark("case");
    let expected = world.registry.version_of(&Matter::Case(id("case")));
    world.registry.apply(&Envelope { expected, ..order }).unwrap();
}

#[test]
fn of_two_officers_on_one_case_the_second_reads_again() {
    let mut world = World::new();
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    let order = Command::OrderCapture { case: id("case") };
    let first = world.envelope(&migration(), order.clone());
    let second = world.envelope(&second_migration(), order.clone());
    world.registry.apply(&first).unwrap();
    let refused = world.registry.apply(&second).unwrap_err();
    let current = world.case("case").version;
    assert_eq!(refused.denied, Denied::StaleVersion { current });
    assert_eq!(refused.audit.account.as_str(), "migration-2");
    let blind = Envelope { expected: None, ..world.envelope(&migration(), order) };
    assert_eq!(world.registry.apply(&blind).unwrap_err().denied, Denied::VersionMissing);
}

#[test]
fn a_command_older_than_the_last_change_is_refused() {
    let mut world = World::new();
    world.open("case", "person", Category::C4);
    world.later(-1);
    let mark = Command::RecordMark { case: id("case"), mark: None };
    assert_eq!(world.refuse(&system(Role::DocumentApplication), mark), Denied::OutOfOrder);
}

#[test]
fn what_does_not_exist_and_what_exists_twice_is_refused() {
    let mut world = World::new();
    let order = Command::OrderCapture { case: id("case") };
    assert_eq!(world.refuse(&migration(), order), Denied::Unknown);
    world.open("case", "person", Category::C4);
    let twice = World::opening("case", "other", Category::C4);
    assert_eq!(world.refuse(&migration(), twice), Denied::Exists);
}

#[test]
fn a_subject_of_the_galleries_is_used_once() {
    let mut world = World::new();
    world.register("first", "person", Category::C4);
    world.order("case", "other", Category::C4);
    let capture = capture(Category::C4);
    world.give(&migration(), Command::SubmitCapture { case: id("case"), order: 1, capture });
    let fields = fields(Category::C4);
    world.give(&migration(), Command::FillFields { case: id("case"), fields, cannot_sign: None });
    assert_eq!(world.refuse(&migration(), finalize("case", "subject-person")), Denied::Exists);
}

#[test]
fn commands_and_entities_survive_json() {
    let mut world = World::new();
    world.register("case", "person", Category::C5);
    let command = Command::SubmitCapture { case: id("case"), order: 1, capture: ink(Category::C5) };
    let envelope = world.envelope(&migration(), command);
    let json = serde_json::to_string(&envelope).unwrap();
    assert_eq!(serde_json::from_str::<Envelope>(&json).unwrap(), envelope);
    let person = world.person("person");
    let json = serde_json::to_string(person).unwrap();
    assert_eq!(&serde_json::from_str::<Person>(&json).unwrap(), person);
    let case = world.case("case");
    let json = serde_json::to_string(case).unwrap();
    assert_eq!(&serde_json::from_str::<Case>(&json).unwrap(), case);
    let unknown = json.replacen("\"id\":\"case\"", "\"id\":\"a b\"", 1);
    assert!(serde_json::from_str::<Case>(&unknown).is_err());
}

#[test]
fn no_refusal_says_what_a_person_wrote() {
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    let shown = format!("{:?} {:?}", world.person("person"), world.case("case"));
    for private in ["Әбдіғани", "Үмітжан", "AA1234567", "1990"] {
        assert!(!shown.contains(private), "{private}");
    }
}
