//! `tanba registry`: persons, cases, forms and deadlines of the registration rules.

use crate::load::File;
use crate::output::{Exit, Output};
use crate::registration::EngineArguments;
use crate::table::{Align, Table};
use anyhow::{Context, bail};
use jiff::Timestamp;
use office::{Accounts, Desk, Engine, Entry, LedgerError, OfficeError, Server, Worked};
use registry::{Envelope, Matter, Obligation};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

/// Arguments of `tanba registry`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 done and, for obligations, nothing is overdue and, for audit, the ledger is whole;
1 it is not; 2 error.

Examples:
  tanba registry demo --data registry-demo
  tanba registry demo --data registry-demo --cluster trial/cluster.toml
  tanba registry list --data registry-demo
  tanba registry show case case-C5 --data registry-demo
  tanba registry obligations --data registry-demo
  tanba registry audit --data registry-demo
  tanba registry init --data register --cluster trial/cluster.toml
  tanba registry keep photo.png --data register
  tanba registry give command.json --data register
  tanba registry work --data register
  tanba registry account officer.json
  tanba registry serve --data register")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The folder of the registry.
    #[arg(long, value_name = "DIR", global = true, default_value = "registry")]
    data: PathBuf,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make an empty registry in a new folder.
    Init {
        #[command(flatten)]
        engine: EngineArguments,
    },
    /// Walk a made-up person of every category through the rules, in a new folder.
    Demo {
        /// Everything follows from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        engine: EngineArguments,
    },
    /// List cases, applications and requests with where they stand.
    List,
    /// Show all that is stored of one case, application, request or person.
    Show {
        /// What it is.
        #[arg(value_enum)]
        what: What,
        /// Its identifier.
        id: String,
    },
    /// Keep a file (an image, a scan) and print the digest that commands name it by.
    Keep {
        /// The file.
        file: PathBuf,
    },
    /// Give the command of a JSON file and carry out what follows.
    Give {
        /// The file: identifier, version read, actor, time and command; `-` is standard input.
        file: PathBuf,
        #[command(flatten)]
        engine: EngineArguments,
    },
    /// Carry out what waits: searches, comparisons, messages, forms.
    Work {
        #[command(flatten)]
        engine: EngineArguments,
    },
    /// List what is owed, the most urgent first.
    Obligations {
        /// Only what is late.
        #[arg(long)]
        overdue: bool,
        /// At this time instead of now, `2026-12-01T05:00:00Z`.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Check the chain of the ledger and print its audit trail.
    Audit,
    /// Add an account of the server, or give it another token; prints the token, once.
    Account {
        /// A JSON file with the authority: account, role, body, name, position, rank, station.
        actor: PathBuf,
        /// The accounts.
        #[arg(long, value_name = "FILE", default_value = "accounts.json")]
        accounts: PathBuf,
    },
    /// Serve the register by HTTP on this machine; `/` is a page to try it.
    Serve {
        /// Where to listen.
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7300")]
        listen: SocketAddr,
        /// Who may speak to it.
        #[arg(long, value_name = "FILE", default_value = "accounts.json")]
        accounts: PathBuf,
        #[command(flatten)]
        engine: EngineArguments,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum What {
    Case,
    Access,
    Request,
    Person,
}

/// Does what was asked.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let data = &arguments.data;
    match &arguments.command {
        Command::Init { engine } => {
            let head =
                Desk::found(data, now()?, engine.begin(data, output)?)?.office.head().clone();
            output.answer(&head, |_| format!("an empty registry in {}\n", data.display()))?;
            Ok(Exit::Found.into())
        }
        Command::Demo { seed, engine } => {
            demonstrate(data, *seed, engine.begin(data, output)?, output)
        }
        Command::List => list(data, output),
        Command::Show { what, id } => show(data, *what, id, output),
        Command::Keep { file } => {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            Desk::office(data)?;
            let digest = Desk::vault(data).put(&bytes)?;
            output.answer(&digest, |digest| format!("{}\n", digest.as_str()))?;
            Ok(Exit::Found.into())
        }
        Command::Give { file, engine } => give(data, file, engine.open(data, output)?, output),
        Command::Work { engine } => {
            let worked = Desk::open(data, engine.open(data, output)?)?.work(now()?)?;
            tell(None, &worked, output)
        }
        Command::Obligations { overdue, at } => {
            let at = at.map_or_else(now, Ok)?;
            obligations(data, *overdue, at, output)
        }
        Command::Audit => audit(data, output),
        Command::Account { actor, accounts } => {
            let text = std::fs::read_to_string(actor);
            let text = text.with_context(|| actor.display().to_string())?;
            let actor = serde_json::from_str(&text)
                .with_context(|| format!("{}: no authority", actor.display()))?;
            let token = Accounts::add(accounts, actor)?;
            output.answer(&token, |token| format!("{token}\n"))?;
            Ok(Exit::Found.into())
        }
        Command::Serve { listen, accounts, engine } => {
            let desk = Desk::open(data, engine.open(data, output)?)?;
            let server = Server::new(desk, Accounts::read(accounts)?);
            output.note(format!("the register is at http://{listen}/"));
            let runtime = tokio::runtime::Runtime::new().context("no threads can be started")?;
            runtime.block_on(office::serve(server, *listen, now))?;
            Ok(Exit::Found.into())
        }
    }
}

/// What the clock of this machine says.
fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.context("the clock of this machine stands before 1970")?;
    Ok(Timestamp::from_millisecond(i64::try_from(since.as_millis())?)?)
}

#[derive(Serialize)]
struct Demonstrated<'a> {
    steps: &'a [rehearsal::Step],
    persons: usize,
    forms: usize,
    entries: u64,
}

/// What the extractor says of the print in an image.
fn quality(bytes: &[u8]) -> anyhow::Result<u8> {
    let file = File { path: "finger.png".into(), bytes: bytes.to_vec() };
    Ok(file.first_print()?.template.header().quality)
}

fn demonstrate(
    data: &Path,
    seed: u64,
    engine: Box<dyn Engine + Send>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let walk = rehearsal::run(data, seed, &quality, engine, output)?;
    let desk = &walk.desk;
    let registered = |person: &&registry::Person| person.registration.is_some();
    let forms = std::fs::read_dir(desk.forms())?.count();
    let (steps, head) = (walk.steps.clone(), desk.office.head().clone());
    let persons = desk.office.registry().entities().persons.values().filter(registered).count();
    let stored = desk.office.registry().clone();
    if let Some((id, _)) = desk.office.outbox().next() {
        bail!("effect {id} was not carried out");
    }
    drop(walk);
    let again = Desk::office(data)?;
    anyhow::ensure!(*again.registry() == stored, "what is on disk is not what was in memory");
    let answer = Demonstrated { steps: &steps, persons, forms, entries: head.number };
    output.answer(&answer, |answer| {
        let mut table = Table::new(&[
            ("about", Align::Left),
            ("clause", Align::Left),
            ("who", Align::Left),
            ("what", Align::Left),
            ("outcome", Align::Left),
        ]);
        for step in answer.steps {
            table.row([&step.about, &step.clause, &step.who, &step.what, &step.outcome]);
        }
        let forms = data.join("forms");
        format!(
            "{}\n{} persons registered, {} forms in {}, {} entries of the ledger read back\n\
             look: tanba registry list --data {}\n",
            table.render(),
            answer.persons,
            answer.forms,
            forms.display(),
            answer.entries,
            data.display()
        )
    })?;
    Ok(Exit::Found.into())
}

/// A line of `list`.
#[derive(Serialize)]
struct Standing {
    kind: &'static str,
    id: String,
    about: String,
    state: String,
    version: u64,
    owed: usize,
}

fn list(data: &Path, output: &Output) -> anyhow::Result<ExitCode> {
    let office = Desk::office(data)?;
    let registry = office.registry();
    let mut open: BTreeMap<&Matter, usize> = BTreeMap::new();
    for one in registry.work_list() {
        *open.entry(&one.key.matter).or_default() += 1;
    }
    let owed = |matter: &Matter| open.get(matter).copied().unwrap_or(0);
    let stored = registry.entities();
    let mut lines: Vec<Standing> = Vec::new();
    lines.extend(stored.cases.values().map(|case| Standing {
        kind: "case",
        id: case.id.to_string(),
        about: format!("{} {}, {}", case.category, case.reason, case.person),
        state: case.state.to_string(),
        version: case.version,
        owed: owed(&Matter::Case(case.id.clone())),
    }));
    lines.extend(stored.accesses.values().map(|access| Standing {
        kind: "access",
        id: access.id.to_string(),
        about: format!("{}, {}", access.track, access.person),
        state: access.state.to_string(),
        version: access.version,
        owed: owed(&Matter::Access(access.id.clone())),
    }));
    lines.extend(stored.requests.values().map(|request| Standing {
        kind: "request",
        id: request.id.to_string(),
        about: request.kind.to_string(),
        state: request.state.to_string(),
        version: request.version,
        owed: owed(&Matter::Request(request.id.clone())),
    }));
    output.answer(&lines, |lines| {
        let mut table = Table::new(&[
            ("kind", Align::Left),
            ("id", Align::Left),
            ("about", Align::Left),
            ("state", Align::Left),
            ("version", Align::Right),
            ("owed", Align::Right),
        ]);
        for line in lines {
            let (version, owed) = (line.version.to_string(), line.owed.to_string());
            table.row([line.kind, &line.id, &line.about, &line.state, &version, &owed]);
        }
        table.render()
    })?;
    Ok(Exit::Found.into())
}

fn show(data: &Path, what: What, id: &str, output: &Output) -> anyhow::Result<ExitCode> {
    let office = Desk::office(data)?;
    let stored = office.registry().entities();
    let found: Option<Value> = match what {
        What::Case => stored.cases.get(&registry::CaseId::new(id)?).map(serde_json::to_value),
        What::Access => {
            stored.accesses.get(&registry::AccessId::new(id)?).map(serde_json::to_value)
        }
        What::Request => {
            stored.requests.get(&registry::RequestId::new(id)?).map(serde_json::to_value)
        }
        What::Person => stored.persons.get(&registry::PersonId::new(id)?).map(serde_json::to_value),
    }
    .transpose()?;
    let Some(found) = found else {
        bail!("there is no `{id}`: `tanba registry list` shows what there is");
    };
    // What is stored has as many shapes as the rules: people read it as programs do.
    output.answer(&found, |found| format!("{found:#}\n"))?;
    Ok(Exit::Found.into())
}

fn give(
    data: &Path,
    file: &Path,
    engine: Box<dyn Engine + Send>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let text = match file.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.with_context(|| file.display().to_string())?;
    let envelope: Envelope = serde_json::from_str(&text)
        .with_context(|| format!("{}: no command of the registry", file.display()))?;
    let mut desk = Desk::open(data, engine)?;
    let given = desk.office.give(&envelope)?;
    let worked = desk.work(envelope.now)?;
    let outcome = serde_json::to_value(&given.outcome)?;
    tell(Some((outcome, given.is_repetition)), &worked, output)
}

/// What came of a command, and of what followed.
fn tell(
    given: Option<(Value, bool)>,
    worked: &Worked,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let answer = serde_json::json!({
        "outcome": given.as_ref().map(|(outcome, _)| outcome),
        "repetition": given.as_ref().is_some_and(|(_, again)| *again),
        "done": Worked::notes(&worked.done),
        "waiting": Worked::notes(&worked.waiting),
    });
    output.answer(&answer, |_| {
        let mut text = String::new();
        if let Some((outcome, again)) = &given {
            let again = if *again { " (given before)" } else { "" };
            text.push_str(&format!("outcome: {outcome}{again}\n"));
        }
        worked.done.iter().for_each(|(id, note)| text.push_str(&format!("done {id}: {note}\n")));
        let waits = |(id, why): &(office::EffectId, String)| format!("waits {id}: {why}\n");
        text.extend(worked.waiting.iter().map(waits));
        text
    })?;
    Ok(if worked.waiting.is_empty() { Exit::Found } else { Exit::NotFound }.into())
}

fn obligations(
    data: &Path,
    overdue: bool,
    at: Timestamp,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let office = Desk::office(data)?;
    let registry = office.registry();
    let late = registry.overdue(at).len();
    let owed: Vec<&Obligation> = if overdue { registry.overdue(at) } else { registry.work_list() };
    output.answer(&owed, |owed| {
        let mut table = Table::new(&[
            ("due", Align::Left),
            ("late", Align::Left),
            ("what", Align::Left),
            ("clause", Align::Left),
            ("about", Align::Left),
            ("owes", Align::Left),
        ]);
        for one in owed {
            let about = match &one.key.matter {
                Matter::Case(id) => format!("case {id}"),
                Matter::Access(id) => format!("access {id}"),
                Matter::Request(id) => format!("request {id}"),
            };
            let due = one.body.offset().to_datetime(one.due).to_string();
            let late = if one.is_overdue(at) { "LATE" } else { "" };
            let (code, owes) = (one.key.code.to_string(), one.role.to_string());
            table.row([&due, late, &code, &one.clause, &about, &owes]);
        }
        format!("{}\n{} owed, {late} late\n", table.render(), owed.len())
    })?;
    Ok(if late == 0 { Exit::Found } else { Exit::NotFound }.into())
}

fn audit(data: &Path, output: &Output) -> anyhow::Result<ExitCode> {
    let mut office = match Desk::office(data) {
        Ok(office) => office,
        Err(error) => {
            let broken = broken(&error).map(ToString::to_string).ok_or(error)?;
            output.answer(&broken, |broken| format!("not whole: {broken}\n"))?;
            return Ok(Exit::NotFound.into());
        }
    };
    let (entries, head) = (office.entries()?, office.head().clone());
    let lines: Vec<_> = entries.iter().filter_map(|n| Some((n.number, n.entry.audit()?))).collect();
    let done = entries.iter().filter(|n| matches!(n.entry, Entry::Done { .. })).count();
    output.answer(&(&head, &lines), |(head, lines)| {
        let mut table = Table::new(&[
            ("entry", Align::Right),
            ("at", Align::Left),
            ("account", Align::Left),
            ("role", Align::Left),
            ("action", Align::Left),
            ("purpose", Align::Left),
            ("about", Align::Left),
            ("result", Align::Left),
        ]);
        for (number, line) in lines.iter() {
            let purpose = line.purpose.map(|purpose| purpose.to_string()).unwrap_or_default();
            let about = line.about.clone().unwrap_or_default();
            table.row([
                number.to_string(),
                line.at.to_string(),
                line.account.to_string(),
                line.role.to_string(),
                line.action.to_string(),
                purpose,
                about,
                line.result.to_string(),
            ]);
        }
        format!(
            "{}\n{} entries, {} commands and refusals, {done} effects carried out\nhead {}: write \
             it down elsewhere, and who changes the ledger is found out\n",
            table.render(),
            head.number,
            lines.len(),
            head.digest
        )
    })?;
    Ok(Exit::Found.into())
}

/// What says that a ledger is not whole, when that is why it does not open.
fn broken(error: &OfficeError) -> Option<&LedgerError> {
    let OfficeError::Ledger(ledger) = error else { return None };
    matches!(ledger, LedgerError::Broken { .. } | LedgerError::Damaged { .. }).then_some(ledger)
}
