//! A register over HTTP: commands, what is stored, forms, deadlines.
//!
//! [`Server::answer`] is the whole of it and knows no HTTP; [`serve`] puts it behind axum.

mod accounts;
mod answer;
mod http;
mod openapi;

pub use accounts::Accounts;
pub use http::serve;

use crate::{Desk, Worked};
use answer::{Answer, Question};
use jiff::Timestamp;
use registry::{
    AccessId, Actor, BodyKind, CaseId, Command, CommandId, Envelope, Matter, PersonId, RequestId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// One thing that the server does.
struct Operation {
    /// In small letters.
    method: &'static str,
    /// With places in braces.
    path: &'static str,
    about: &'static str,
    parameters: &'static [&'static str],
    takes: Option<&'static str>,
    gives: &'static str,
    run: fn(&mut Desk, &Asked<'_>) -> Answer,
}

/// A question with who asks, and what stands in the place of the path.
struct Asked<'a> {
    actor: &'a Actor,
    question: &'a Question,
    place: &'a str,
    now: Timestamp,
}

const JSON: &str = "application/json";

const OPERATIONS: &[Operation] = &[
    operation("post", "/v1/commands", "Give a command", &[], give).taking(JSON),
    operation("get", "/v1/cases", "List the cases of one's body", &[], cases),
    operation("get", "/v1/cases/{id}", "Show a case", &["id"], case),
    operation("get", "/v1/accesses", "List applications for one's own information", &[], accesses),
    operation("get", "/v1/accesses/{id}", "Show such an application", &["id"], access),
    operation("get", "/v1/requests/{id}", "Show a request of a state body", &["id"], request),
    operation(
        "get",
        "/v1/persons/{id}",
        "Show a person, for a purpose that goes on record",
        &["id", "purpose", "command"],
        person,
    ),
    operation(
        "get",
        "/v1/obligations",
        "List what one's body owes, the most urgent first",
        &[],
        owed,
    ),
    operation("get", "/v1/statistics", "Counts without persons", &[], statistics),
    operation("post", "/v1/files", "Keep an image or a scan, and learn its digest", &[], keep)
        .taking("application/octet-stream"),
    operation("get", "/v1/forms", "List printed forms", &[], forms),
    operation("get", "/v1/forms/{name}", "Fetch a printed form", &["name"], form)
        .giving("application/pdf"),
    operation("post", "/v1/work", "Do again what waits", &[], work),
];

const fn operation(
    method: &'static str,
    path: &'static str,
    about: &'static str,
    parameters: &'static [&'static str],
    run: fn(&mut Desk, &Asked<'_>) -> Answer,
) -> Operation {
    Operation { method, path, about, parameters, takes: None, gives: JSON, run }
}

impl Operation {
    const fn taking(mut self, takes: &'static str) -> Self {
        self.takes = Some(takes);
        self
    }

    const fn giving(mut self, gives: &'static str) -> Self {
        self.gives = gives;
        self
    }

    /// What stands in the place of the path, when it is this path.
    fn place<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some((before, _)) = self.path.split_once('{') else {
            return (self.path == path).then_some("");
        };
        path.strip_prefix(before).filter(|place| !place.is_empty() && !place.contains('/'))
    }
}

/// A register with its accounts.
pub struct Server {
    desk: Mutex<Desk>,
    accounts: Accounts,
}

impl Server {
    /// A register that these accounts may speak to.
    pub fn new(desk: Desk, accounts: Accounts) -> Self {
        Self { desk: Mutex::new(desk), accounts }
    }

    fn answer(&self, question: &Question, now: Timestamp) -> Answer {
        match (question.method.as_str(), question.path.as_str()) {
            ("get", "/") => {
                return Answer::of("text/html; charset=utf-8", include_str!("page.html"));
            }
            ("get", "/openapi.json") => return Answer::json(&openapi::document()),
            _ => {}
        }
        let who = question.token.as_deref().and_then(|token| self.accounts.who(token));
        let Some(actor) = who else {
            let detail = "give the token of an account: `Authorization: Bearer TOKEN`";
            return Answer::problem(401, "NO_ACCOUNT", detail, None);
        };
        let found = OPERATIONS
            .iter()
            .filter(|operation| operation.method == question.method)
            .find_map(|operation| Some((operation, operation.place(&question.path)?)));
        let Some((operation, place)) = found else {
            let detail = "there is no such operation: see /openapi.json";
            return Answer::problem(404, "NO_OPERATION", detail, None);
        };
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        (operation.run)(&mut desk, &Asked { actor, question, place, now })
    }
}

/// A command as it comes: who gives it and when is not for the sender to say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted {
    id: CommandId,
    #[serde(default)]
    expected: Option<u64>,
    command: Command,
}

fn give(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let Submitted { id, expected, command } = match serde_json::from_slice(&asked.question.body) {
        Ok(submitted) => submitted,
        // The words of the error may quote what was sent, to who sent it.
        Err(error) => return Answer::problem(400, "NO_COMMAND", &error.to_string(), None),
    };
    let matter = command.target();
    let envelope = Envelope { id, expected, actor: asked.actor.clone(), now: asked.now, command };
    match desk.office.give(&envelope) {
        Err(error) => Answer::refused(&error),
        Ok(given) => match desk.work(asked.now) {
            Err(error) => Answer::problem(500, "OUTBOX", &error.to_string(), None),
            Ok(worked) => Answer::json(&json!({
                "outcome": given.outcome,
                "repetition": given.is_repetition,
                "now": matter.and_then(|matter| standing(desk, &matter)),
                "done": Worked::notes(&worked.done),
                "waiting": Worked::notes(&worked.waiting),
            })),
        },
    }
}

/// Where a matter stands after all that followed at once: the version is the one to name next.
fn standing(desk: &Desk, matter: &Matter) -> Option<Value> {
    let registry = desk.office.registry();
    let entities = registry.entities();
    let state = match matter {
        Matter::Case(id) => entities.cases.get(id)?.state.code(),
        Matter::Access(id) => entities.accesses.get(id)?.state.code(),
        Matter::Request(id) => entities.requests.get(id)?.state.code(),
    };
    Some(json!({ "state": state, "version": registry.version_of(matter) }))
}

fn stored<T: Serialize>(found: Option<&T>) -> Answer {
    match found {
        Some(found) => Answer::json(found),
        None => Answer::problem(404, "UNKNOWN", "there is nothing under this identifier", None),
    }
}

/// What belongs to the body of who asks; nobody else learns that it is there.
fn own<'a, T>(
    found: Option<&'a T>,
    body: impl Fn(&T) -> &registry::Body,
    asked: &Asked<'_>,
) -> Option<&'a T> {
    found.filter(|one| body(one).id == asked.actor.body.id)
}

fn cases(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let cases = desk.office.registry().entities().cases.values();
    let own = cases.filter(|case| case.body.id == asked.actor.body.id);
    let line = |case: &registry::Case| {
        json!({ "id": case.id, "category": case.category, "state": case.state,
                "version": case.version, "changed_at": case.changed_at })
    };
    Answer::json(&own.map(line).collect::<Vec<Value>>())
}

fn case(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let id = CaseId::new(asked.place).ok();
    let found = id.and_then(|id| desk.office.registry().entities().cases.get(&id));
    stored(own(found, |case| &case.body, asked))
}

fn accesses(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let accesses = desk.office.registry().entities().accesses.values();
    let own = accesses.filter(|access| access.unit.id == asked.actor.body.id);
    let line = |access: &registry::Access| {
        json!({ "id": access.id, "track": access.track, "state": access.state,
                "version": access.version, "changed_at": access.changed_at })
    };
    Answer::json(&own.map(line).collect::<Vec<Value>>())
}

fn access(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let id = AccessId::new(asked.place).ok();
    let found = id.and_then(|id| desk.office.registry().entities().accesses.get(&id));
    stored(own(found, |access| &access.unit, asked))
}

fn request(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    // Requests of state bodies are the business of the Ministry alone (clause 48).
    let of_ministry = asked.actor.body.kind == BodyKind::Ministry;
    let id = RequestId::new(asked.place).ok().filter(|_| of_ministry);
    stored(id.and_then(|id| desk.office.registry().entities().requests.get(&id)))
}

/// Reading a person is a command: the rules say who may and for what, and it goes on record.
fn person(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let given = |name: &str| asked.question.parameter(name).unwrap_or_default().to_owned();
    let (Ok(person), Ok(id)) = (PersonId::new(asked.place), CommandId::new(given("command")))
    else {
        let detail = "give identifiers of 1 to 64 letters, digits, `.`, `_` or `-`";
        return Answer::problem(400, "IDENTIFIER", detail, None);
    };
    let command = Command::Read { person: person.clone(), purpose: given("purpose") };
    let (actor, now) = (asked.actor.clone(), asked.now);
    match desk.office.give(&Envelope { id, expected: None, actor, now, command }) {
        Err(error) => Answer::refused(&error),
        Ok(_) => stored(desk.office.registry().entities().persons.get(&person)),
    }
}

fn owed(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let list = desk.office.registry().work_list();
    let own = list.into_iter().filter(|one| one.body.id == asked.actor.body.id);
    let line = |one: &registry::Obligation| {
        json!({ "matter": one.key.matter, "code": one.key.code, "clause": one.clause,
                "owes": one.role, "due": one.due, "overdue": one.is_overdue(asked.now) })
    };
    Answer::json(&own.map(line).collect::<Vec<Value>>())
}

fn statistics(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let entities = desk.office.registry().entities();
    let overdue = desk.office.registry().overdue(asked.now).len();
    let registered = entities.persons.values().filter(|person| person.registration.is_some());
    Answer::json(&json!({
        "cases": entities.cases.len(),
        "registered": registered.count(),
        "accesses": entities.accesses.len(),
        "requests": entities.requests.len(),
        "overdue": overdue,
        "waiting": desk.office.outbox().count(),
    }))
}

fn keep(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    match desk.vault.put(&asked.question.body) {
        Ok(digest) => Answer::json(&json!({ "digest": digest })),
        Err(error) => Answer::problem(500, "VAULT", &error.to_string(), None),
    }
}

/// Forms of the cases and applications of one's body, by what stands in their names.
fn forms(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let names = std::fs::read_dir(desk.forms()).into_iter().flatten().flatten();
    let names = names.filter_map(|file| file.file_name().into_string().ok());
    let mut own: Vec<String> = names.filter(|name| is_own_form(desk, asked, name)).collect();
    own.sort_unstable();
    Answer::json(&own)
}

fn form(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_own = asked.place.chars().all(plain) && is_own_form(desk, asked, asked.place);
    if is_own && let Ok(pdf) = std::fs::read(desk.forms().join(asked.place)) {
        return Answer::of("application/pdf", pdf);
    }
    Answer::problem(404, "UNKNOWN", "there is no such form", None)
}

fn is_own_form(desk: &Desk, asked: &Asked<'_>, name: &str) -> bool {
    let Some(matter) = name.split('_').nth(1) else { return false };
    let entities = desk.office.registry().entities();
    let same = |id: &str| id.to_ascii_uppercase().replace('_', "-") == matter;
    let cases = entities.cases.values().map(|case| (case.id.as_str(), &case.body));
    let accesses = entities.accesses.values().map(|access| (access.id.as_str(), &access.unit));
    cases.chain(accesses).any(|(id, body)| same(id) && body.id == asked.actor.body.id)
}

fn work(desk: &mut Desk, asked: &Asked<'_>) -> Answer {
    match desk.work(asked.now) {
        Err(error) => Answer::problem(500, "OUTBOX", &error.to_string(), None),
        Ok(worked) => Answer::json(&json!({
            "done": Worked::notes(&worked.done), "waiting": Worked::notes(&worked.waiting),
        })),
    }
}
