//! Commands drawn from a few numbers: some that help a case along, most that do not.

use crate::values::*;
use crate::world::*;
use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;
use registry::*;
use std::collections::{BTreeMap, BTreeSet};

/// One step of a sequence: who tries what, on which of the three cases and persons.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Does the next thing that the rules expect, by somebody who may; else anything by anybody.
    pub(crate) helps: bool,
    pub(crate) kind: u8,
    pub(crate) actor: u8,
    pub(crate) on: u8,
    pub(crate) detail: u8,
    pub(crate) minutes: u16,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (prop::bool::weighted(0.7), any::<[u8; 4]>(), 0_u16..900);
    let step = step.prop_map(|(helps, [kind, actor, on, detail], minutes)| Step {
        helps,
        kind,
        actor,
        on,
        detail,
        minutes,
    });
    prop::collection::vec(step, 1..90)
}

pub(crate) fn actors() -> Vec<Actor> {
    let mut actors = vec![
        migration(),
        second_migration(),
        officer("police-1", Role::PoliceOfficer, BodyKind::InternalAffairs),
        mission(),
        security(),
        transport(),
        forensic(1),
        forensic(2),
        ministry_forensic(),
        supervisor(),
        ministry(Role::MinistryRegistrar),
        ministry(Role::MinistryOfficer),
        administrator(1),
        administrator(2),
        clerk(),
        border(),
    ];
    let systems = [
        Role::Engine,
        Role::DocumentApplication,
        Role::NoticeGateway,
        Role::DocumentManagement,
        Role::Scheduler,
        Role::Portal,
    ];
    actors.extend(systems.map(system));
    actors
}

const CATEGORIES: &[Category] = Category::ALL;

fn case_of(step: Step) -> String {
    format!("case-{}", step.on % 4)
}

fn person_of(step: Step) -> String {
    format!("person-{}", (step.on / 4) % 3)
}

/// A few names that the galleries might answer with, some of them nobody's.
fn some_subject(step: Step) -> Subject {
    id(&format!("subject-{}", step.detail % 5))
}

/// Somebody who may register a category, chosen by the step.
fn officer_for(category: Category, step: Step) -> Actor {
    let migration = if step.actor.is_multiple_of(4) { second_migration() } else { migration() };
    match World::officer_of(category) {
        actor if actor.role == Role::MigrationOfficer => migration,
        actor => actor,
    }
}

/// The step's command and who gives it.
pub(crate) fn command(world: &World, step: Step) -> (Actor, Command) {
    let actors = actors();
    let anybody = actors[usize::from(step.actor) % actors.len()].clone();
    if !step.helps {
        return (anybody, any_command(world, step));
    }
    match step.kind % 4 {
        0 | 1 => next_of_case(world, step),
        2 => next_of_access(world, step),
        _ => next_of_others(world, step),
    }
    .unwrap_or_else(|| (anybody, any_command(world, step)))
}

fn next_of_case(world: &World, step: Step) -> Option<(Actor, Command)> {
    use CaseState as S;
    let name = case_of(step);
    let Some(case) = world.registry.entities().cases.get(&id(&name)) else {
        let category = CATEGORIES[usize::from(step.detail) % CATEGORIES.len()];
        let opening = World::opening(&name, &person_of(step), category);
        return Some((World::officer_of(category), opening));
    };
    let officer = officer_for(case.category, step);
    let case_id = case.id.clone();
    let of_officer = |command| Some((officer.clone(), command));
    let yes = !step.detail.is_multiple_of(5);
    let asked = matches!(case.category, Category::C1 | Category::C2 | Category::C3);
    match case.state {
        S::Opened | S::Asked | S::Reregister if asked && !case.has_consent() => {
            of_officer(Command::RecordAnswer { case: case_id, yes })
        }
        S::Opened | S::Asked => {
            let mark = world.mark_of(case.person.as_str());
            Some((system(Role::DocumentApplication), Command::RecordMark { case: case_id, mark }))
        }
        S::Ready if case.category == Category::C3 && case.representative.is_none() => {
            of_officer(Command::RecordRepresentative {
                case: case_id,
                representative: representative(),
            })
        }
        S::Ready | S::Reregister | S::CaptureDeferred | S::Exempt if step.kind < 200 => {
            of_officer(Command::OrderCapture { case: case_id })
        }
        S::Ordered => of_officer(next_of_order(case, step)),
        S::Searching => {
            let found = step.detail.is_multiple_of(3).then(|| some_subject(step));
            let question = case.questions;
            Some((
                system(Role::Engine),
                Command::SearchVerdict {
                    case: case_id,
                    question,
                    candidates: found.into_iter().collect(),
                    searched: 1000,
                    engine: "engine 1".into(),
                },
            ))
        }
        S::Adjudication => Some(next_of_adjudication(case, step)),
        S::Verify => of_officer(comparison(&name)),
        S::VerificationPending => {
            let score = Some(if step.detail.is_multiple_of(3) { 0 } else { 1_000_000 });
            Some((system(Role::Engine), world.compared(&name, score, &TEN)))
        }
        S::Checks => Some(next_of_checks(case_id, step)),
        S::RefusalOpen | S::Documenting => of_officer(next_of_paper(case, step)),
        _ => of_officer(Command::StartDocumentation { case: case_id }),
    }
}

fn next_of_order(case: &Case, step: Step) -> Command {
    let id = case.id.clone();
    if case.capture.is_none() {
        let mut capture = capture(case.category);
        if step.detail.is_multiple_of(4) {
            capture = without(capture, &[2, 3], FingerAbsence::TemporarilyDamaged);
        }
        let order = u32::try_from(case.orders.len()).unwrap();
        return Command::SubmitCapture { case: id, order, capture };
    }
    if !case.draft.contains_key(&Field::Surname) {
        return Command::FillFields { case: id, fields: fields(case.category), cannot_sign: None };
    }
    Command::Finalize { case: id, subject: some_subject(step), acknowledged: true }
}

fn next_of_adjudication(case: &Case, step: Step) -> (Actor, Command) {
    let adjudication = case.adjudication.as_ref().unwrap();
    let candidate = adjudication.candidates[0].clone();
    let finding = match step.detail % 4 {
        0 => Finding::SameIdentity(candidate),
        1 => Finding::OtherIdentity(candidate),
        _ => Finding::NotSame,
    };
    let case = case.id.clone();
    match adjudication.decisions.len() {
        0 => (forensic(1), Command::Adjudicate { case, finding }),
        1 => (forensic(2), Command::Adjudicate { case, finding }),
        _ => (supervisor(), Command::Supervise { case, finding }),
    }
}

fn next_of_checks(case: CaseId, step: Step) -> (Actor, Command) {
    let measures = Measure::ALL;
    if !step.kind.is_multiple_of(3) {
        let measure = measures[usize::from(step.detail) % measures.len()];
        return (forensic(1), Command::RecordMeasure { case, measure });
    }
    let conclusion = Conclusion::ALL[usize::from(step.detail) % 3];
    let damage = (conclusion == Conclusion::SamePersonDamaged).then_some(Damage::Scar);
    (forensic(2), Command::Conclude { case, conclusion, damage })
}

fn next_of_paper(case: &Case, step: Step) -> Command {
    let id = case.id.clone();
    let unsigned = case.forms.iter().find(|(_, scan)| scan.is_none());
    match unsigned {
        Some((form, _)) => Command::AttachScan { case: id, form: *form, scan: digest(8) },
        None if case.state == CaseState::RefusalOpen && step.detail.is_multiple_of(2) => {
            Command::Reconsider { case: id }
        }
        None if case.state == CaseState::RefusalOpen => Command::CloseRefused { case: id },
        None if step.detail.is_multiple_of(2) => Command::PrintCertificate { case: id },
        None => Command::CloseCase { case: id },
    }
}

fn access_of(step: Step) -> AccessId {
    id(&format!("access-{}", step.on % 3))
}

fn next_of_access(world: &World, step: Step) -> Option<(Actor, Command)> {
    use AccessState as S;
    let access = access_of(step);
    let Some(stored) = world.registry.entities().accesses.get(&access) else {
        let genomic = step.on % 3 == Track::Genomic as u8;
        let by = if genomic { ministry_forensic() } else { migration() };
        return Some((by, apply(step)));
    };
    let notice = stored.notices.iter().find(|n| n.registered.is_none() && !n.failed);
    if let Some(notice) = notice {
        let number = notice.number;
        let registration = "receipt 7".to_owned();
        let command = if step.detail.is_multiple_of(4) {
            Command::NoticeFailed { access, number }
        } else {
            Command::NoticeRegistered { access, number, registration }
        };
        return Some((system(Role::NoticeGateway), command));
    }
    let person = world.registry.entities().persons.get(&stored.person);
    let found = person.and_then(|p| Some(p.registration.as_ref()?.identifier.clone()));
    let receipt = digest(9);
    Some(match (stored.state, stored.track) {
        (S::Accepted, Track::Genomic) => {
            (ministry_forensic(), Command::RecordGenomicCheck { access })
        }
        (S::Accepted, _) => (migration(), Command::RecordAccessCheck { access, found }),
        (S::Data, Track::Genomic) => {
            (ministry_forensic(), Command::DeliverCard { access, receipt: None })
        }
        (S::Data, Track::Paper) if stored.appointment.is_none() => (migration(), book(world, step)),
        (S::Data, _) => (migration(), Command::SendForm { access }),
        (S::Requested, _) => {
            (system(Role::DocumentManagement), Command::RecordFormReceived { access })
        }
        (S::AtForensicUnit, _) => {
            (forensic(1), Command::SendInformation { access, law_observed: true })
        }
        (S::Sent, _) => {
            (system(Role::DocumentManagement), Command::RecordInformationReceived { access })
        }
        (S::Received, _) => (migration(), Command::NotifyReady { access }),
        (S::Scheduled, _) => (migration(), Command::RecordPresence { access }),
        (S::Present, _) => (forensic(1), Command::RecordInking { access }),
        (S::Ready | S::Inked, _) => {
            (clerk(), Command::HandOver { access, identity_checked: true, receipt })
        }
        _ => return None,
    })
}

fn apply(step: Step) -> Command {
    let track = Track::ALL[usize::from(step.on % 3)];
    let kind = if track == Track::Genomic { BodyKind::Ministry } else { BodyKind::InternalAffairs };
    Command::Apply {
        access: access_of(step),
        track,
        channel: ApplicationChannel::Written,
        person: id(&person_of(step)),
        is_person: true,
        representative: None,
        identity_checked: !step.detail.is_multiple_of(9),
        contact: if step.detail.is_multiple_of(2) { cabinet() } else { Contact::default() },
        unit: body(kind),
    }
}

fn book(world: &World, step: Step) -> Command {
    let at = world.now + SignedDuration::from_hours(i64::from(step.detail) / 8);
    let place = body(BodyKind::InternalAffairs);
    Command::BookAppointment { access: access_of(step), at, place, escort: id("migration-1") }
}

fn next_of_others(world: &World, step: Step) -> Option<(Actor, Command)> {
    let person: PersonId = id(&person_of(step));
    Some(match step.detail % 8 {
        0 | 1 => (system(Role::Scheduler), Command::Tick {}),
        2 => (ministry_forensic(), Command::RecordGenomic { person, record: id("dna-1") }),
        3 => (administrator(1), Command::ProposeAnnulment { person, ground: GROUND }),
        4 => (administrator(2), Command::ApproveAnnulment { person, act: digest(4) }),
        5 => (
            officer("head-1", Role::UnitHead, BodyKind::InternalAffairs),
            pause_or_resume(world, step)?,
        ),
        6 => {
            let fields = Fields::from([(Field::Surname, Value::Name(text("Жаңаша")))]);
            (migration(), Command::Correct { person, basis: text("бұйрық 7"), fields })
        }
        _ => next_of_request(world, step),
    })
}

const GROUND: AnnulmentGround = AnnulmentGround::ConsentWithdrawn;

fn pause_or_resume(world: &World, step: Step) -> Option<Command> {
    let open = world.registry.work_list();
    let obligation = open.get(usize::from(step.on) % open.len().max(1))?;
    let key = obligation.key.clone();
    if obligation.is_paused() {
        return Some(Command::Resume { key });
    }
    let rules = RuleSet::decree_246();
    let reason = rules.pauses.get(&key.code).and_then(|reasons| reasons.first());
    Some(Command::Pause { reason: reason.map_or("weather", String::as_str).to_owned(), key })
}

fn next_of_request(world: &World, step: Step) -> (Actor, Command) {
    let request: RequestId = id(&format!("request-{}", step.on % 2));
    let registration = world.registry.entities().registrations.keys().next().cloned();
    let stored = world.registry.entities().requests.get(&request);
    match stored.map(|request| request.state) {
        None => {
            let names = RuleSet::decree_246().open_points.request_form.fields;
            (
                ministry(Role::MinistryRegistrar),
                Command::RegisterRequest {
                    request,
                    channel: "edms".into(),
                    kind: RequestKind::ALL[usize::from(step.kind / 4) % 2],
                    form: names.into_iter().map(|name| (name, text("мән"))).collect(),
                    content: BTreeSet::from([Content::Photo, Content::PersonalData]),
                    prints: registration.is_none().then(|| digest(5)),
                    registration,
                },
            )
        }
        Some(RequestState::FormChecked) => {
            let approved = BTreeSet::from([Content::Photo]);
            let (competent, law_observed) = (true, step.kind < 220);
            (
                ministry(Role::MinistryOfficer),
                Command::ConfirmRequest { request, competent, law_observed, approved },
            )
        }
        Some(RequestState::CompetenceChecked) => {
            let query = id(&format!("query-{}", step.kind));
            let purpose = "U1".into();
            (ministry(Role::MinistryOfficer), Command::RunRequest { request, query, purpose })
        }
        Some(_) => {
            let photo = stored.is_some_and(|request| request.kind == RequestKind::Provide);
            let content = photo.then_some(Content::Photo).into_iter().collect();
            let seal = digest(6);
            (ministry(Role::MinistryOfficer), Command::AnswerRequest { request, content, seal })
        }
    }
}

/// Any command at all, whatever the state.
fn any_command(world: &World, step: Step) -> Command {
    let case: CaseId = id(&case_of(step));
    let access = access_of(step);
    let person: PersonId = id(&person_of(step));
    let category = CATEGORIES[usize::from(step.detail) % CATEGORIES.len()];
    let yes = step.detail.is_multiple_of(2);
    let question = u32::from(step.detail % 4);
    match step.kind % 38 {
        0 => World::opening(&case_of(step), &person_of(step), category),
        1 => Command::RecordAnswer { case, yes },
        2 => Command::RecordRepresentative { case, representative: representative() },
        3 => Command::RecordMark { case, mark: yes.then_some((MarkStatus::Full, None)) },
        4 => Command::OrderCapture { case },
        5 => Command::FillFields { case, fields: fields(category), cannot_sign: None },
        6 => Command::SubmitCapture { case, order: question, capture: capture(category) },
        7 => Command::SubmitCapture { case, order: 1, capture: ink(category) },
        8 => Command::ConfirmNoRidges { case },
        9 => Command::Finalize { case, subject: some_subject(step), acknowledged: yes },
        10 => Command::SearchVerdict {
            case,
            question,
            candidates: yes.then(|| some_subject(step)).into_iter().collect(),
            searched: 10,
            engine: "engine 1".into(),
        },
        11 => Command::Adjudicate { case, finding: Finding::NotSame },
        12 => Command::Supervise { case, finding: Finding::SameIdentity(some_subject(step)) },
        13 => comparison(&case_of(step)),
        14 => Command::DeclineVerification { case },
        15 => {
            let (score, fingers) = (yes.then_some(999), TEN.to_vec());
            Command::VerificationVerdict { case, question, score, fingers }
        }
        16 => Command::RecordMeasure { case, measure: Measure::Examination },
        17 => Command::DeferCapture { case, warned: yes },
        18 => Command::RecordExemption { case, exemption: Exemption::NoHands },
        19 => Command::RecordRefusal { case, form: Box::new(refusal(category)) },
        20 => Command::AttachScan { case, form: FormCode::Refusal, scan: digest(3) },
        21 => Command::CloseRefused { case },
        22 => Command::Reconsider { case },
        23 => Command::StartDocumentation { case },
        24 => Command::CloseCase { case },
        25 | 26 => Command::PrintCertificate { case },
        27 => apply(step),
        28 => book(world, step),
        29 => Command::SendForm { access },
        30 => Command::HandOver { access, identity_checked: yes, receipt: digest(1) },
        31 => Command::WithdrawApplication { access },
        32 => Command::DeliverCard { access, receipt: Some(digest(2)) },
        33 => Command::NoticeRegistered { access, number: question, registration: "n".into() },
        34 => Command::ApproveAnnulment { person, act: digest(7) },
        35 => Command::Read { person, purpose: "U3".into() },
        36 => {
            let born = Value::BirthDate(BirthDate::full(date(2010, 1, 1)));
            let fields = BTreeMap::from([(Field::BirthPlace, born)]);
            Command::Correct { person, basis: text("b"), fields }
        }
        _ => {
            let prints = digest(2);
            let query = id(&format!("query-{}", step.detail));
            Command::Identify { query, purpose: "U1".into(), person: yes.then_some(person), prints }
        }
    }
}
