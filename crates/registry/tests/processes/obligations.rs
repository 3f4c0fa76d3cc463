//! The clock of obligations.

use crate::values::*;
use crate::world::*;
use jiff::civil::date;
use registry::*;

/// A written electronic application on Thursday 26 November 2026 at ten.
fn applied() -> World {
    let mut world = World::new();
    let command = Command::Apply {
        access: id("a"),
        track: Track::Electronic,
        channel: ApplicationChannel::Written,
        person: id("person"),
        is_person: true,
        representative: None,
        identity_checked: true,
        contact: cabinet(),
        unit: body(BodyKind::InternalAffairs),
    };
    world.give(&migration(), command);
    world
}

fn matter() -> Matter {
    Matter::Access(id("a"))
}

fn tick(world: &mut World, at: &str) -> usize {
    world.at(at);
    world.give(&system(Role::Scheduler), Command::Tick {});
    world.effects.len() - 1
}

// Proves R-150.
#[test]
fn officer_and_head_are_told_at_half_time_and_when_it_is_over_and_the_log_keeps_it() {
    let mut world = applied();
    assert_eq!(tick(&mut world, "2026-11-27T17:59"), 0);
    assert_eq!(tick(&mut world, "2026-11-27T18:00"), 1);
    let half = |e: &Effect| matches!(e, Effect::Alert { alert: Alert::HalfTime(_), .. });
    assert!(world.has_effect(half));
    assert_eq!(tick(&mut world, "2026-11-30T18:00"), 0);
    assert!(world.registry.overdue(world.now).is_empty());
    assert_eq!(tick(&mut world, "2026-11-30T18:01"), 1);
    let over = |e: &Effect| matches!(e, Effect::Alert { alert: Alert::Overdue(_), .. });
    assert!(world.has_effect(over));
    assert_eq!(tick(&mut world, "2026-12-01T10:00"), 0);
    let since = world.obligation(&matter(), DeadlineCode::ElectronicCheck).overdue_since;
    assert_eq!(since, Some(local("2026-11-30T18:01")));
    let found = Command::RecordAccessCheck { access: id("a"), found: None };
    world.give(&migration(), found);
    let obligation = world.obligation(&matter(), DeadlineCode::ElectronicCheck);
    assert_eq!(obligation.overdue_since, since);
    assert!(matches!(obligation.status, ObligationStatus::Met { late: true, .. }));
}

// Proves R-149.
#[test]
fn a_moved_day_moves_the_open_deadlines() {
    let mut world = applied();
    let code = DeadlineCode::ElectronicCheck;
    assert_eq!(world.obligation(&matter(), code).due, local("2026-11-30T18:00"));
    let moved = MovedDay { off: date(2026, 11, 27), work: date(2026, 11, 28) };
    let command = Command::MoveDay { moved };
    assert_eq!(world.refuse(&migration(), command.clone()), Denied::RoleNotAllowed);
    world.give(&administrator(1), command.clone());
    // Saturday is worked, Friday is not: the second working day stays Monday.
    assert_eq!(world.obligation(&matter(), code).due, local("2026-11-30T18:00"));
    world.give(&administrator(1), Command::AddDayOff { day: date(2026, 11, 30) });
    assert_eq!(world.obligation(&matter(), code).due, local("2026-12-01T18:00"));
    let late = Command::AddDayOff { day: date(2026, 11, 26) };
    assert_eq!(world.refuse(&administrator(1), late), Denied::MovedTooLate);
}

#[test]
fn the_work_list_is_ordered_by_urgency() {
    let mut world = applied();
    world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    world.verify("case", 100);
    let codes: Vec<&str> = world.registry.work_list().iter().map(|o| o.key.code.code()).collect();
    assert_eq!(codes, ["D-01", "T-CHECKS"]);
}

#[test]
fn a_clock_stands_only_for_a_reason_that_the_rules_allow() {
    let head = officer("head-1", Role::UnitHead, BodyKind::InternalAffairs);
    let mut world = applied();
    let key = world.obligation(&matter(), DeadlineCode::ElectronicCheck).key.clone();
    let pause = |key: &ObligationKey, reason: &str| Command::Pause {
        key: key.clone(),
        reason: reason.into(),
    };
    assert_eq!(world.refuse(&head, pause(&key, "person_absent")), Denied::PauseReason);
    world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    world.verify("case", 100);
    let checks = Matter::Case(id("case"));
    let obligation = world.obligation(&checks, DeadlineCode::CheckMeasures);
    assert_eq!(obligation.due, local("2026-12-03T18:00"));
    let key = obligation.key.clone();
    assert_eq!(world.refuse(&head, pause(&key, "holiday")), Denied::PauseReason);
    let resume = Command::Resume { key: key.clone() };
    assert_eq!(world.refuse(&head, resume.clone()), Denied::NotOpen);
    world.give(&head, pause(&key, "person_absent"));
    assert_eq!(world.refuse(&head, pause(&key, "person_absent")), Denied::PauseReason);
    world.at("2026-12-10T10:00");
    assert!(world.registry.overdue(world.now).iter().all(|o| o.key != key));
    world.give(&head, resume);
    // Ten working days stood between 26 November and 10 December.
    assert_eq!(
        world.obligation(&checks, DeadlineCode::CheckMeasures).due,
        local("2026-12-18T18:00")
    );
    let obligation = world.obligation(&checks, DeadlineCode::CheckMeasures);
    assert_eq!(obligation.pauses[0].reason, "person_absent");
}

#[test]
fn what_a_case_owed_ends_with_it_and_says_why() {
    let mut world = World::new();
    world.register("first", "person", Category::C4);
    world.open("case", "person", Category::C4);
    world.check_mark("case");
    world.verify("case", 100);
    world.conclude("case", Conclusion::DifferentPerson);
    let owed = world.owed(&Matter::Case(id("case")));
    assert!(matches!(owed[..], [("T-CHECKS", ObligationStatus::Met { late: false, .. })]));
}
