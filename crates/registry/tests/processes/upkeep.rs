//! Thresholds, corrections, annulment, retention, statistics.

use crate::values::*;
use crate::world::*;
use registry::*;

fn propose(person: &str, ground: AnnulmentGround) -> Command {
    Command::ProposeAnnulment { person: id(person), ground }
}

fn approve(person: &str) -> Command {
    Command::ApproveAnnulment { person: id(person), act: digest(14) }
}

// Proves R-038.
#[test]
fn an_annulled_registration_takes_its_mark_along_in_one_step() {
    let mut world = World::new();
    let identifier = world.register("case", "person", Category::C4);
    assert_eq!(world.refuse(&administrator(1), approve("person")), Denied::NotOpen);
    world.give(&administrator(1), propose("person", AnnulmentGround::Error));
    assert_eq!(world.refuse(&administrator(1), approve("person")), Denied::SameOfficer);
    assert_eq!(world.identifier("person"), identifier);
    world.give(&administrator(2), approve("person"));
    assert!(world.effects.contains(&Effect::WithdrawMark { person: id("person") }));
    assert!(world.effects.contains(&Effect::Erase { subject: id("subject-person") }));
    let person = world.person("person");
    assert_eq!((&person.registration, &person.mark), (&None, &None));
    let annulment = &person.annulments[0];
    assert_eq!((&annulment.identifier, &annulment.act), (&identifier, &digest(14)));
    assert_eq!(
        world.refuse(&migration(), propose("person", AnnulmentGround::Error)),
        Denied::RoleNotAllowed
    );
}

// Proves R-161.
#[test]
fn a_record_is_destroyed_only_after_its_period_and_an_approval() {
    let ended = AnnulmentGround::RetentionEnded;
    let mut world = World::new();
    world.register("case", "person", Category::C7);
    // No period is entered: nothing is ever put forward.
    assert_eq!(world.refuse(&administrator(1), propose("person", ended)), Denied::RetentionRuns);
    let mut rules = RuleSet::decree_246();
    rules.open_points.retention.years.insert(Category::C7, 10);
    let mut world = World::under(rules);
    world.register("case", "person", Category::C7);
    world.at("2036-11-25T10:00");
    assert_eq!(world.refuse(&administrator(1), propose("person", ended)), Denied::RetentionRuns);
    world.at("2036-11-26T10:00");
    world.give(&administrator(1), propose("person", ended));
    assert!(world.person("person").registration.is_some());
    world.give(&administrator(2), approve("person"));
    assert_eq!(world.person("person").annulments[0].ground, ended);
}

// Proves R-162.
#[test]
fn a_new_name_is_another_version_and_touches_no_prints() {
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    let before = world.person("person").clone();
    let new_name = Value::Name(text("Сейітова"));
    let correct = |field, value| Command::Correct {
        person: id("person"),
        basis: text("неке туралы куәлік"),
        fields: Fields::from([(field, value)]),
    };
    world.give(&migration(), correct(Field::Surname, new_name.clone()));
    let after = world.person("person").clone();
    assert_eq!(after.registration, before.registration);
    assert_eq!(after.current(Field::Surname), Some(&new_name));
    assert_eq!(before.current(Field::GivenName), after.current(Field::GivenName));
    let broken = correct(Field::Surname, Value::Name(text("A1")));
    assert_eq!(world.refuse(&migration(), broken).code(), "NAME");
    let photo = correct(Field::Photo, Value::Image(digest(1)));
    let denied = world.refuse(&migration(), photo);
    assert_eq!(denied, Denied::SetBySystem { field: Field::Photo });
    let foreign = correct(Field::HostPartyAddress, Value::Line(text("x")));
    assert_eq!(world.refuse(&migration(), foreign).code(), "FIELD_NOT_IN_CLAUSE");
}

// Proves R-072.
#[test]
fn a_threshold_changes_with_a_second_approver_and_for_later_comparisons_only() {
    let mut world = World::new();
    world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    world.compare("case");
    let propose = Command::ProposeThresholds { verify: 950, identify: 990 };
    let approve = Command::ApproveThresholds {};
    assert_eq!(world.refuse(&administrator(2), approve.clone()), Denied::NotOpen);
    world.give(&administrator(1), propose);
    assert_eq!(world.refuse(&administrator(1), approve.clone()), Denied::SameOfficer);
    assert_eq!(world.registry.settings().thresholds, (480, 600));
    world.give(&administrator(2), approve);
    assert!(matches!(&world.effects[0], Effect::Audit(line) if line.action == Action::Administer));
    assert_eq!(world.registry.settings().thresholds, (950, 990));
    // The comparison under way keeps the threshold it was asked with.
    let verdict = world.compared("case", Some(500), &TEN);
    world.give(&system(Role::Engine), verdict);
    assert_eq!(world.state("case"), CaseState::Documenting);
    world.open("third", "person", Category::C4);
    world.check_mark("third");
    world.verify("third", 500);
    assert_eq!(world.state("third"), CaseState::Checks);
}

// Proves R-163.
#[test]
fn statistics_count_without_naming_anybody() {
    let mut world = World::new();
    let from = world.now;
    world.register("a", "one", Category::C1);
    world.open("b", "two", Category::C1);
    world.check_mark("b");
    world.give(&migration(), Command::RecordAnswer { case: id("b"), yes: false });
    world.register("c", "three", Category::C4);
    world.open("d", "three", Category::C4);
    world.check_mark("d");
    world.verify("d", 100);
    world.conclude("d", Conclusion::SamePersonDamaged);
    world.give(&migration(), Command::OrderCapture { case: id("d") });
    world.submit("d", "another");
    let verdict = world.searched("d", &[]);
    world.give(&system(Role::Engine), verdict);
    world.open("e", "three", Category::C4);
    world.check_mark("e");
    world.verify("e", 900);
    world.open("f", "four", Category::C5);
    world.check_mark("f");
    let form = Box::new(refusal(Category::C5));
    world.give(&migration(), Command::RecordRefusal { case: id("f"), form });
    world.order("g", "five", Category::C6);
    let exemption = Exemption::NoHands;
    world.give(&migration(), Command::RecordExemption { case: id("g"), exemption });
    world.later(1);
    let statistics = world.registry.statistics(from, world.now);
    let count = |category, what| statistics.counts.get(&(category, what)).copied();
    for (category, what) in [
        (Category::C1, Count::Yes),
        (Category::C1, Count::No),
        (Category::C1, Count::Registration),
        (Category::C4, Count::Registration),
        (Category::C4, Count::NoMatch),
        (Category::C4, Count::Match),
        (Category::C4, Count::Reregistration),
        (Category::C5, Count::Refusal),
        (Category::C6, Count::Exemption),
    ] {
        assert_eq!(count(category, what), Some(1), "{category} {what}");
    }
    assert_eq!(statistics.counts.len(), 9);
    assert_eq!((statistics.kept, statistics.missed), (1, 0));
    let later =
        world.registry.statistics(world.now, world.now + jiff::SignedDuration::from_hours(1));
    assert!(later.counts.is_empty());
}
