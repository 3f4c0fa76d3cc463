//! Certificate 3-1 (26-1).

use crate::values::*;
use crate::world::*;
use registry::*;

fn print_command() -> Command {
    Command::PrintCertificate { case: id("case") }
}

fn form_of(effect: &Effect) -> Option<&Form> {
    match effect {
        Effect::Form(form) => Some(form.as_ref()),
        _ => None,
    }
}

fn printed(world: &World) -> Vec<&Form> {
    world.effects.iter().filter_map(form_of).collect()
}

// Proves.
#[test]
fn a_registered_foreigner_gets_the_certificate_with_the_identifier_on_paper() {
    for category in [Category::C4, Category::C5, Category::C6, Category::C7, Category::C8] {
        let mut world = World::new();
        world.order("case", "person", category);
        assert_eq!(world.refuse(&migration(), print_command()), Denied::NotRegistered);
        world.submit("case", "subject");
        assert_eq!(world.refuse(&migration(), print_command()), Denied::NotRegistered);
        let verdict = world.searched("case", &[]);
        world.give(&system(Role::Engine), verdict);
        world.give(&migration(), print_command());
        let [Form::Certificate { registration, fields, officer, duplicate, captured_at, .. }] =
            printed(&world)[..]
        else {
            panic!("one certificate");
        };
        assert_eq!(*registration, world.identifier("person"));
        assert_eq!(officer.0, migration().name);
        assert_eq!((*duplicate, *captured_at), (false, world.now));
        assert!(fields.contains_key(&Field::Surname) && fields.contains_key(&Field::BirthDate));
        // It is printed; nothing is sent to anybody.
        let sent = |e: &Effect| matches!(e, Effect::Notify { .. } | Effect::SendForm { .. });
        assert!(!world.has_effect(sent));
    }
}

// Proves R-110.
#[test]
fn a_citizen_gets_no_certificate() {
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    assert_eq!(world.refuse(&migration(), print_command()), Denied::CertificateForCitizen);
}

// Proves R-111.
#[test]
fn a_second_print_is_a_duplicate() {
    let mut world = World::new();
    world.register("case", "person", Category::C4);
    world.give(&migration(), print_command());
    world.give(&migration(), print_command());
    assert!(matches!(printed(&world)[..], [Form::Certificate { duplicate: true, .. }]));
    assert_eq!(world.case("case").certificates, 2);
    let logged =
        |e: &Effect| matches!(e, Effect::Audit(line) if line.action == Action::Certificate);
    assert!(world.has_effect(logged));
}

// Proves R-157.
#[test]
fn a_case_ends_only_when_every_printed_form_was_scanned() {
    let mut world = World::new();
    world.register("case", "person", Category::C4);
    world.give(&migration(), print_command());
    world.give(&migration(), print_command());
    world.give(&migration(), Command::StartDocumentation { case: id("case") });
    let close = Command::CloseCase { case: id("case") };
    let attach = |form, n| Command::AttachScan { case: id("case"), form, scan: digest(n) };
    assert_eq!(world.refuse(&migration(), close.clone()), Denied::FormNotAttached);
    world.give(&migration(), attach(FormCode::Certificate, 1));
    assert_eq!(world.refuse(&migration(), close.clone()), Denied::FormNotAttached);
    world.give(&migration(), attach(FormCode::Certificate, 2));
    let third = attach(FormCode::Certificate, 3);
    assert_eq!(world.refuse(&migration(), third), Denied::Unalterable);
    let other = attach(FormCode::Refusal, 3);
    assert_eq!(world.refuse(&migration(), other), Denied::NotOpen);
    world.give(&migration(), close);
    let scans: Vec<_> = world.case("case").forms.iter().map(|(_, scan)| scan.clone()).collect();
    assert_eq!(scans, [Some(digest(1)), Some(digest(2))]);
}
