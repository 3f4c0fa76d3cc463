//! Subject access on its three tracks (136-1 to 136-5).

use crate::values::*;
use crate::world::*;
use registry::*;

const MATTER: fn() -> Matter = || Matter::Access(id("a"));

fn application(track: Track, channel: ApplicationChannel, contact: Contact) -> Command {
    let kind = if track == Track::Genomic { BodyKind::Ministry } else { BodyKind::InternalAffairs };
    Command::Apply {
        access: id("a"),
        track,
        channel,
        person: id("person"),
        is_person: true,
        representative: None,
        identity_checked: true,
        contact,
        unit: body(kind),
    }
}

fn receiver(track: Track, channel: ApplicationChannel) -> Actor {
    match (track, channel) {
        (_, ApplicationChannel::Portal) => system(Role::Portal),
        (Track::Genomic, _) => ministry_forensic(),
        _ => migration(),
    }
}

/// A registered person who applied in writing on Thursday 26 November 2026 at ten.
fn applied(track: Track, contact: Contact) -> World {
    let mut world = World::new();
    world.register("case", "person", Category::C1);
    let record = Command::RecordGenomic { person: id("person"), record: id("dna-1") };
    world.give(&ministry_forensic(), record);
    let written = ApplicationChannel::Written;
    world.give(&receiver(track, written), application(track, written, contact));
    world
}

fn state(world: &World) -> AccessState {
    world.registry.entities().accesses[&id("a")].state
}

fn check(found: Option<RegistrationId>) -> Command {
    Command::RecordAccessCheck { access: id("a"), found }
}

/// The check finds the registration.
fn with_data(track: Track) -> World {
    let mut world = applied(track, cabinet());
    let found = Some(world.identifier("person"));
    world.give(&migration(), check(found));
    world
}

/// The way and the kind of the notice that was just sent, and its number.
fn notice(world: &World) -> (NoticeKind, NoticeChannel, u32) {
    let notices = &world.registry.entities().accesses[&id("a")].notices;
    let last = notices.last().expect("a notice");
    (last.kind, last.channel, last.number)
}

fn acknowledge(world: &mut World) {
    let (_, _, number) = notice(world);
    let registration = "ack-1".to_owned();
    let command = Command::NoticeRegistered { access: id("a"), number, registration };
    world.give(&system(Role::NoticeGateway), command);
}

fn send_form() -> Command {
    Command::SendForm { access: id("a") }
}

fn met(world: &World, code: DeadlineCode) -> bool {
    let status = &world.obligation(&MATTER(), code).status;
    matches!(status, ObligationStatus::Met { late: false, .. })
}

fn due(world: &World, code: DeadlineCode) -> jiff::Timestamp {
    world.obligation(&MATTER(), code).due
}

// Proves.
#[test]
fn only_the_person_or_a_representative_with_a_document_applies_after_an_identity_check() {
    for track in Track::ALL.iter().copied() {
        let written = ApplicationChannel::Written;
        let by = |person: bool, document: bool, checked: bool| {
            let mut command = application(track, written, cabinet());
            if let Command::Apply { is_person, representative, identity_checked, .. } = &mut command
            {
                *is_person = person;
                *representative = document.then(|| digest(8));
                *identity_checked = checked;
            }
            command
        };
        let officer = receiver(track, written);
        let mut world = World::new();
        let denied = world.refuse(&officer, by(false, false, true));
        assert_eq!(denied, Denied::NotTheApplicant);
        assert_eq!(world.refuse(&officer, by(true, false, false)), Denied::IdentityNotChecked);
        world.give(&officer, by(false, true, true));
        let access = &world.registry.entities().accesses[&id("a")];
        assert_eq!(access.representative, Some(digest(8)));
        assert_eq!(world.refuse(&officer, by(true, false, true)), Denied::Exists);
    }
}

// Proves.
#[test]
fn portal_and_paper_both_open_one_case_with_its_acceptance() {
    for track in Track::ALL.iter().copied() {
        for channel in ApplicationChannel::ALL.iter().copied() {
            let mut world = World::new();
            let command = application(track, channel, cabinet());
            world.give(&receiver(track, channel), command.clone());
            let access = &world.registry.entities().accesses[&id("a")];
            assert_eq!((access.track, access.channel), (track, channel));
            assert_eq!((access.accepted_at, access.state), (world.now, AccessState::Accepted));
            // The other unit does not process it.
            let mut elsewhere = command;
            if let Command::Apply { access, unit, .. } = &mut elsewhere {
                *access = id("b");
                let genomic = track == Track::Genomic;
                *unit = body(if genomic { BodyKind::InternalAffairs } else { BodyKind::Ministry });
            }
            let denied = world.refuse(&receiver(track, channel), elsewhere);
            assert_eq!(denied, Denied::WrongUnit);
        }
    }
    let mut world = World::new();
    let written = application(Track::Genomic, ApplicationChannel::Written, cabinet());
    assert_eq!(world.refuse(&migration(), written), Denied::WrongUnit);
}

#[test]
fn the_portal_at_night_counts_from_the_next_opening() {
    let mut world = World::new();
    world.at("2026-11-27T20:00");
    let portal = ApplicationChannel::Portal;
    world.give(&system(Role::Portal), application(Track::Electronic, portal, cabinet()));
    let access = &world.registry.entities().accesses[&id("a")];
    assert_eq!(access.accepted_at, local("2026-11-30T09:00"));
    assert_eq!(due(&world, DeadlineCode::ElectronicCheck), local("2026-12-02T18:00"));
}

// Proves.
#[test]
fn the_check_is_owed_for_two_working_days_from_the_acceptance() {
    for (track, code) in [
        (Track::Electronic, DeadlineCode::ElectronicCheck),
        (Track::Paper, DeadlineCode::PaperCheck),
        (Track::Genomic, DeadlineCode::GenomicCheck),
    ] {
        let mut world = applied(track, cabinet());
        assert_eq!(due(&world, code), local("2026-11-30T18:00"));
        world.at("2026-11-30T18:01");
        world.give(&system(Role::Scheduler), Command::Tick {});
        assert!(world.registry.overdue(world.now).iter().any(|o| o.key.code == code));
        let escalated = |e: &Effect| {
            let Effect::Alert { alert: Alert::Overdue(key), .. } = e else { return false };
            key.code == code
        };
        assert!(world.has_effect(escalated));
        if track == Track::Genomic {
            world.give(&ministry_forensic(), Command::RecordGenomicCheck { access: id("a") });
        } else {
            let found = Some(world.identifier("person"));
            world.give(&migration(), check(found));
        }
        // Done, but late, and the log keeps it.
        let status = &world.obligation(&MATTER(), code).status;
        assert_eq!(*status, ObligationStatus::Met { at: world.now, late: true });
    }
}

// Proves.
#[test]
fn without_data_a_notice_of_absence_goes_to_the_cabinet_and_closes_the_case() {
    for (track, code, cancelled) in [
        (Track::Electronic, DeadlineCode::ElectronicAbsence, None),
        (Track::Paper, DeadlineCode::PaperAbsence, Some(DeadlineCode::Inking)),
        (Track::Genomic, DeadlineCode::GenomicAbsence, Some(DeadlineCode::GenomicProvided)),
    ] {
        let mut world = World::new();
        let written = ApplicationChannel::Written;
        world.give(&receiver(track, written), application(track, written, cabinet()));
        match track {
            Track::Genomic => {
                world.give(&ministry_forensic(), Command::RecordGenomicCheck { access: id("a") });
            }
            _ => drop(world.give(&migration(), check(None))),
        }
        assert_eq!(state(&world), AccessState::NoData);
        assert_eq!(notice(&world), (NoticeKind::Absence, NoticeChannel::Cabinet, 1));
        assert_eq!(due(&world, code), local("2026-11-30T18:00"));
        // A notice that nobody acknowledged was not sent.
        assert_eq!(world.obligation(&MATTER(), code).status, ObligationStatus::Open);
        acknowledge(&mut world);
        assert_eq!(state(&world), AccessState::ClosedNoData);
        assert!(met(&world, code));
        if let Some(code) = cancelled {
            let status = &world.obligation(&MATTER(), code).status;
            assert!(
                matches!(status, ObligationStatus::Cancelled { reason, .. } if reason == "no_data")
            );
        }
        let access = &world.registry.entities().accesses[&id("a")];
        assert_eq!(access.notices[0].registered, Some(("ack-1".into(), world.now)));
    }
}

// Proves R-126.
#[test]
fn with_data_form_3_2_goes_to_the_territorial_forensic_unit() {
    let mut world = with_data(Track::Electronic);
    assert_eq!(due(&world, DeadlineCode::ElectronicForm), local("2026-11-30T18:00"));
    world.give(&migration(), send_form());
    let to = Role::TerritorialForensicOfficer;
    assert!(world.effects.contains(&Effect::SendForm {
        access: id("a"),
        form: FormCode::Copy,
        to
    }));
    let identifier = world.identifier("person");
    let form = |e: &Effect| {
        let Effect::Form(form) = e else { return false };
        let Form::Copy { registration, .. } = &**form else { return false };
        *registration == identifier
    };
    assert!(world.has_effect(form));
    assert!(met(&world, DeadlineCode::ElectronicForm));
}

#[test]
fn a_registration_of_somebody_else_is_no_answer_to_the_check() {
    let mut world = applied(Track::Electronic, cabinet());
    let other = world.register("second", "other", Category::C1);
    assert_eq!(world.refuse(&migration(), check(Some(other))), Denied::NotHisRegistration);
}

/// The information was received by the migration unit on Tuesday 1 December at eleven.
fn received() -> World {
    let mut world = with_data(Track::Electronic);
    world.give(&migration(), send_form());
    world.at("2026-11-27T15:00");
    let edms = system(Role::DocumentManagement);
    world.give(&edms, Command::RecordFormReceived { access: id("a") });
    let send = |law_observed| Command::SendInformation { access: id("a"), law_observed };
    assert_eq!(world.refuse(&forensic(1), send(false)), Denied::LawNotObserved);
    assert_eq!(world.refuse(&migration(), send(true)), Denied::RoleNotAllowed);
    world.at("2026-12-01T10:00");
    world.give(&forensic(1), send(true));
    world.at("2026-12-01T11:00");
    world.give(&edms, Command::RecordInformationReceived { access: id("a") });
    world
}

// Proves R-127.
#[test]
fn the_forensic_unit_sends_through_document_management_within_two_working_days() {
    let world = received();
    assert_eq!(due(&world, DeadlineCode::ForensicAnswer), local("2026-12-01T18:00"));
    assert!(met(&world, DeadlineCode::ForensicAnswer));
    let owes = world.obligation(&MATTER(), DeadlineCode::ForensicAnswer);
    assert_eq!((owes.role, owes.clause.as_str()), (Role::TerritorialForensicOfficer, "136-2"));
}

// Proves R-128.
#[test]
fn the_applicant_is_told_that_it_is_ready_within_two_working_days() {
    let mut world = received();
    assert_eq!(due(&world, DeadlineCode::Readiness), local("2026-12-03T18:00"));
    let tell = Command::NotifyReady { access: id("a") };
    world.give(&migration(), tell.clone());
    assert_eq!(notice(&world), (NoticeKind::Readiness, NoticeChannel::Cabinet, 1));
    assert_eq!(world.refuse(&migration(), tell), Denied::Notice);
    assert_eq!(state(&world), AccessState::Received);
    acknowledge(&mut world);
    assert_eq!(state(&world), AccessState::Ready);
    assert!(met(&world, DeadlineCode::Readiness));
}

// Proves R-129.
#[test]
fn the_chancellery_hands_over_in_working_hours_against_identity_and_receipt() {
    let hand_over = |identity_checked| Command::HandOver {
        access: id("a"),
        identity_checked,
        receipt: digest(13),
    };
    let mut world = received();
    assert_eq!(world.refuse(&clerk(), hand_over(true)).code(), "WRONG_STATE");
    world.give(&migration(), Command::NotifyReady { access: id("a") });
    acknowledge(&mut world);
    assert_eq!(world.refuse(&clerk(), hand_over(false)), Denied::IdentityNotChecked);
    assert_eq!(world.refuse(&migration(), hand_over(true)), Denied::RoleNotAllowed);
    let mut elsewhere = clerk();
    elsewhere.body.id = id("another-unit");
    assert_eq!(world.refuse(&elsewhere, hand_over(true)), Denied::WrongUnit);
    for closed in ["2026-12-02T18:00", "2026-12-05T11:00"] {
        world.at(closed);
        assert_eq!(world.refuse(&clerk(), hand_over(true)), Denied::OutsideHours);
    }
    world.at("2026-12-07T11:00");
    world.give(&clerk(), hand_over(true));
    assert_eq!(state(&world), AccessState::HandedOver);
    let access = &world.registry.entities().accesses[&id("a")];
    let receipt = access.receipt.clone().unwrap();
    assert_eq!((receipt.0, receipt.1.as_str(), receipt.2), (digest(13), "clerk-1", world.now));
    assert!(world.owed(&MATTER()).iter().all(|(_, s)| **s != ObligationStatus::Open));
}

fn book(at: &str, kind: BodyKind) -> Command {
    let (at, place, escort) = (local(at), body(kind), id("migration-2"));
    Command::BookAppointment { access: id("a"), at, place, escort }
}

// Proves.
#[test]
fn an_appointment_is_within_three_working_days_in_a_territorial_unit_with_an_escort() {
    // The third working day after Thursday is Tuesday 1 December.
    let mut world = applied(Track::Paper, cabinet());
    let inside = BodyKind::InternalAffairs;
    for (at, kind, denied) in [
        ("2026-12-02T10:00", inside, Denied::AppointmentTime),
        ("2026-11-26T09:00", inside, Denied::AppointmentTime),
        ("2026-11-28T10:00", inside, Denied::AppointmentTime),
        ("2026-12-01T10:00", BodyKind::Ministry, Denied::AppointmentPlace),
    ] {
        assert_eq!(world.refuse(&migration(), book(at, kind)), denied, "{at}");
    }
    world.give(&migration(), book("2026-12-01T17:00", inside));
    let appointment = world.registry.entities().accesses[&id("a")].appointment.clone().unwrap();
    assert_eq!(appointment.escort, id("migration-2"));
    assert_eq!(appointment.at, local("2026-12-01T17:00"));
}

/// A paper application with data and an appointment, form sent.
fn scheduled(contact: Contact) -> World {
    let mut world = applied(Track::Paper, contact);
    let found = Some(world.identifier("person"));
    world.give(&migration(), check(found));
    assert_eq!(world.refuse(&migration(), send_form()), Denied::NoAppointment);
    world.give(&migration(), book("2026-12-01T10:00", BodyKind::InternalAffairs));
    world.give(&migration(), send_form());
    world
}

// Proves R-133.
#[test]
fn form_3_3_goes_to_the_forensic_unit_and_time_and_place_to_the_applicant() {
    let mut world = scheduled(cabinet());
    assert_eq!(due(&world, DeadlineCode::PaperForm), local("2026-11-30T18:00"));
    let to = Role::TerritorialForensicOfficer;
    assert!(world.effects.contains(&Effect::SendForm {
        access: id("a"),
        form: FormCode::Card,
        to
    }));
    let told = |e: &Effect| {
        let at = local("2026-12-01T10:00");
        matches!(e, Effect::Notify { kind: NoticeKind::Appointment, channel: NoticeChannel::Cabinet,
            appointment: Some((t, _)), .. } if *t == at)
    };
    assert!(world.has_effect(told));
    assert!(!met(&world, DeadlineCode::PaperForm));
    acknowledge(&mut world);
    assert!(met(&world, DeadlineCode::PaperForm));
    assert_eq!(state(&world), AccessState::Scheduled);
}

// Proves R-147.
#[test]
fn on_a_fall_back_way_too_the_notice_gives_time_and_place() {
    let contact = Contact { cabinet: false, ..cabinet() };
    let world = scheduled(contact);
    assert_eq!(notice(&world), (NoticeKind::Appointment, NoticeChannel::Sms, 1));
    let with_time = |e: &Effect| matches!(e, Effect::Notify { appointment: Some(_), .. });
    assert!(world.has_effect(with_time));
}

// Proves.
#[test]
fn the_card_is_inked_by_a_forensic_officer_and_in_hand_within_the_hour() {
    let mut world = scheduled(cabinet());
    acknowledge(&mut world);
    let registration = world.person("person").registration.clone();
    let ink = Command::RecordInking { access: id("a") };
    assert_eq!(world.refuse(&forensic(1), ink.clone()).code(), "WRONG_STATE");
    world.at("2026-12-01T10:00");
    world.give(&migration(), Command::RecordPresence { access: id("a") });
    assert_eq!(world.refuse(&migration(), ink.clone()), Denied::RoleNotAllowed);
    world.at("2026-12-01T10:30");
    world.give(&forensic(1), ink);
    assert!(met(&world, DeadlineCode::Inking));
    assert_eq!(due(&world, DeadlineCode::CardInHand), local("2026-12-01T11:30"));
    let access = &world.registry.entities().accesses[&id("a")];
    assert_eq!(access.inked_at, Some(world.now));
    world.at("2026-12-01T11:09");
    world.give(&system(Role::Scheduler), Command::Tick {});
    assert_eq!(world.effects.len(), 1);
    world.at("2026-12-01T11:10");
    world.give(&system(Role::Scheduler), Command::Tick {});
    let half = |e: &Effect| {
        let Effect::Alert { alert: Alert::HalfTime(key), .. } = e else { return false };
        key.code == DeadlineCode::CardInHand
    };
    assert!(world.has_effect(half));
    world.at("2026-12-01T11:30");
    let hand_over =
        Command::HandOver { access: id("a"), identity_checked: true, receipt: digest(13) };
    world.give(&clerk(), hand_over);
    assert!(met(&world, DeadlineCode::CardInHand));
    // The card is nobody's registration.
    assert_eq!(world.person("person").registration, registration);
}

// Proves.
#[test]
fn genomic_information_goes_to_the_cabinet_as_form_4_1() {
    let mut world = applied(Track::Genomic, cabinet());
    let check = Command::RecordGenomicCheck { access: id("a") };
    assert_eq!(world.refuse(&migration(), check.clone()), Denied::RoleNotAllowed);
    world.give(&ministry_forensic(), check);
    assert_eq!(state(&world), AccessState::Data);
    for code in [DeadlineCode::GenomicProvided, DeadlineCode::GenomicCard] {
        assert_eq!(due(&world, code), local("2026-11-30T18:00"));
    }
    let deliver = Command::DeliverCard { access: id("a"), receipt: None };
    world.give(&ministry_forensic(), deliver.clone());
    let card = |e: &Effect| {
        let Effect::Form(form) = e else { return false };
        let Form::Dna { to_cabinet: true, record, .. } = &**form else { return false };
        record.as_str() == "dna-1"
    };
    assert!(world.has_effect(card));
    assert_eq!(world.refuse(&ministry_forensic(), deliver), Denied::Notice);
    acknowledge(&mut world);
    assert_eq!(state(&world), AccessState::Delivered);
    assert!(met(&world, DeadlineCode::GenomicProvided) && met(&world, DeadlineCode::GenomicCard));
}

#[test]
fn without_a_cabinet_the_genomic_card_is_handed_over_in_person() {
    let mut world = applied(Track::Genomic, Contact { cabinet: false, ..cabinet() });
    world.give(&ministry_forensic(), Command::RecordGenomicCheck { access: id("a") });
    let deliver = |receipt| Command::DeliverCard { access: id("a"), receipt };
    let denied = world.refuse(&ministry_forensic(), deliver(None));
    assert_eq!(denied, Denied::IdentityNotChecked);
    world.give(&ministry_forensic(), deliver(Some(digest(13))));
    assert_eq!(state(&world), AccessState::HandedOver);
    assert!(met(&world, DeadlineCode::GenomicProvided));
}

// Proves.
#[test]
fn without_a_cabinet_the_next_way_is_taken_and_at_the_end_a_call_is_registered_by_hand() {
    let email = Some(Private("a@example.kz".to_owned()));
    let contact = Contact { cabinet: true, email, ..cabinet() };
    let mut world = World::new();
    let written = ApplicationChannel::Written;
    world.give(&migration(), application(Track::Electronic, written, contact));
    world.give(&migration(), check(None));
    for (way, next) in [
        (NoticeChannel::Cabinet, NoticeChannel::Sms),
        (NoticeChannel::Sms, NoticeChannel::Email),
        (NoticeChannel::Email, NoticeChannel::Registered),
    ] {
        let (_, channel, number) = notice(&world);
        assert_eq!(channel, way);
        let failed = Command::NoticeFailed { access: id("a"), number };
        world.give(&system(Role::NoticeGateway), failed.clone());
        assert_eq!(notice(&world).1, next);
        assert_eq!(world.refuse(&system(Role::NoticeGateway), failed), Denied::Notice);
    }
    let by_hand = |e: &Effect| matches!(e, Effect::Alert { alert: Alert::CallByHand(_), .. });
    assert!(world.has_effect(by_hand));
    let number = notice(&world).2;
    let register = |text: &str| Command::NoticeRegistered {
        access: id("a"),
        number,
        registration: text.into(),
    };
    assert_eq!(world.refuse(&migration(), register(" ")), Denied::Notice);
    assert_eq!(state(&world), AccessState::NoData);
    world.give(&migration(), register("қоңырау 26.11 11:05, журнал № 4"));
    assert_eq!(state(&world), AccessState::ClosedNoData);
}

// Proves R-160.
#[test]
fn the_genomic_subsystem_is_apart_and_linked_by_the_person_alone() {
    let world = applied(Track::Electronic, cabinet());
    let link = &world.registry.entities().genomic[&id("person")];
    assert_eq!((link.person.as_str(), link.record.as_str()), ("person", "dna-1"));
    let person = serde_json::to_string(world.person("person")).unwrap();
    assert!(!person.contains("dna-1"));
    let rules = RuleSet::decree_246();
    for role in Role::ALL.iter().copied() {
        for kind in BodyKind::ALL.iter().copied() {
            let may = |action| rules.permit(role, kind, action).is_ok();
            let genomic = may(Action::AccessGenomic) || may(Action::Genomic);
            assert!(!(genomic && may(Action::Capture)), "{role} of {kind}");
            assert!(!(genomic && may(Action::AccessFingerprint)), "{role} of {kind}");
        }
    }
}

#[test]
fn a_withdrawn_application_owes_nothing() {
    let mut world = applied(Track::Paper, cabinet());
    world.give(&migration(), Command::WithdrawApplication { access: id("a") });
    for (_, status) in world.owed(&MATTER()) {
        assert!(
            matches!(status, ObligationStatus::Cancelled { reason, .. } if reason == "withdrawn")
        );
    }
    let again = Command::WithdrawApplication { access: id("a") };
    assert_eq!(world.refuse(&migration(), again).code(), "WRONG_STATE");
}
