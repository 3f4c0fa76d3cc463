//! `tanba held`: enrollments that are like somebody enrolled before, and wait for a human.

use crate::connection::{ClusterArguments, Connection};
use crate::names::subject_of;
use crate::words::refusal;
use anyhow::{bail, ensure};
use coordinator::HeldRow;
use coordinator::command::Adjudicate;
use proto::Field;
use replication::EncounterId;
use serde::Serialize;
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use terminal::table::{Align, Table};
use terminal::words::counted;
use transport::Change;

/// Arguments of `tanba held`.
#[derive(clap::Args)]
#[command(after_help = "\
An encounter that is held is enrolled and not found by searches. Examiners compare its prints with
those that it is like; two people decide, and what they decide stands in the audit chain for good.

Exit codes: 0 done and, for list, nobody is held; 1 somebody is; 2 error.

Examples:
  tanba held list --cluster cluster.toml
  tanba held accept 1ae2bc8285ef5ca8d208e43f15ea2fdd --examiner 7 --approver 12 \\
      --cluster cluster.toml
  tanba held reject 1ae2bc8285ef5ca8d208e43f15ea2fdd --examiner 7 --approver 12 \\
      --cluster cluster.toml --dry-run")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List whom nobody finds until a human decides.
    List(List),
    /// It is somebody else than those it is like: searches find it from now on.
    Accept(Decide),
    /// It is somebody enrolled before: it is never found.
    Reject(Decide),
}

#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(clap::Args)]
struct Decide {
    /// The encounter, as `list` says it.
    #[arg(value_name = "ENCOUNTER", value_parser = encounter)]
    encounter: EncounterId,
    /// Number of the person who decides.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    examiner: u64,
    /// Number of another person, who confirms.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    approver: u64,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

fn encounter(text: &str) -> Result<EncounterId, String> {
    let id = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
    id.map(EncounterId).ok_or_else(|| "give the 32 hexadecimal digits of an encounter".to_owned())
}

#[derive(Serialize)]
struct Held {
    encounter: String,
    subject: String,
    /// Where in the log it was enrolled.
    enrolled_at: u64,
    like: Vec<Like>,
}

#[derive(Serialize)]
struct Like {
    encounter: String,
    subject: String,
}

#[derive(Serialize)]
struct Decided {
    encounter: String,
    accepted: bool,
    dry_run: bool,
    index: Option<u64>,
}

/// Does it.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::List(list) => list.run(output),
        Command::Accept(decide) => decide.run(true, output),
        Command::Reject(decide) => decide.run(false, output),
    }
}

impl List {
    fn run(&self, output: &Output) -> anyhow::Result<ExitCode> {
        let connection = self.cluster.connect()?;
        let held: Vec<Held> = all(&connection)?.into_iter().map(Held::of).collect();
        output.answer(&held, |held| text(held))?;
        Ok(if held.is_empty() { Exit::Found } else { Exit::NotFound }.into())
    }
}

fn all(connection: &Connection) -> anyhow::Result<Vec<HeldRow>> {
    let mut all: Vec<HeldRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.encounter);
        let (rows, is_last) = connection.wait(connection.client.held(after))?;
        let is_last = is_last || rows.is_empty();
        all.extend(rows);
        if is_last {
            return Ok(all);
        }
    }
}

impl Held {
    fn of(row: HeldRow) -> Self {
        let like =
            |(encounter, person)| Like { encounter: hex(encounter), subject: subject_of(person) };
        Self {
            encounter: hex(row.encounter),
            subject: subject_of(row.person),
            enrolled_at: row.enrolled_at,
            like: row.matches.into_iter().map(like).collect(),
        }
    }
}

fn hex(encounter: EncounterId) -> String {
    format!("{:032x}", encounter.0)
}

fn text(held: &[Held]) -> String {
    if held.is_empty() {
        return "nobody is held\n".to_owned();
    }
    let mut table = Table::new(&[
        ("encounter", Align::Left),
        ("subject", Align::Left),
        ("enrolled at", Align::Right),
        ("is like", Align::Left),
        ("of encounter", Align::Left),
    ]);
    for row in held {
        let own = [&row.encounter, &row.subject, &row.enrolled_at.to_string()].map(String::clone);
        let nobody = Like { encounter: String::new(), subject: "(erased meanwhile)".into() };
        let none = if row.like.is_empty() { Some(&nobody) } else { None };
        for (n, like) in row.like.iter().chain(none).enumerate() {
            let first = if n == 0 { own.clone() } else { Default::default() };
            table.row(first.into_iter().chain([like.subject.clone(), like.encounter.clone()]));
        }
    }
    let count = counted(held.len() as u64, ["encounter", "encounters"]);
    format!(
        "{}\n{count} held\n\
         look:    tanba export ENCOUNTER --as private --out FILE --purpose CODE --cluster ...\n\
         compare: tanba verify FILE FILE --report pair.html\n\
         decide:  tanba held accept|reject ENCOUNTER\n",
        table.render()
    )
}

impl Decide {
    fn run(&self, accept: bool, output: &Output) -> anyhow::Result<ExitCode> {
        ensure!(
            self.examiner != self.approver,
            "--examiner and --approver: two people decide, and these are one"
        );
        let connection = self.cluster.connect()?;
        let name = hex(self.encounter);
        if !all(&connection)?.iter().any(|row| row.encounter == self.encounter) {
            bail!("{name} is not held: look at `tanba held list`");
        }
        let mut decided =
            Decided { encounter: name, accepted: accept, dry_run: self.dry_run, index: None };
        if !self.dry_run {
            let (examiner, approver) = (self.examiner.into(), self.approver.into());
            let decision = Adjudicate { encounter: self.encounter, accept, examiner, approver };
            let change = Change::Adjudicate(decision.to_wire());
            let done = connection.wait(connection.client.change(change))?;
            if let Some(why) = refusal(done.outcome) {
                bail!("{}: not decided: {why}", decided.encounter);
            }
            decided.index = Some(done.index);
        }
        output.answer(&decided, |decided| {
            let verb = if decided.accepted { "accepted" } else { "rejected" };
            match decided.index {
                Some(index) => format!("{}: {verb} at {index}\n", decided.encounter),
                None => format!("{}: would be {verb}\n", decided.encounter),
            }
        })?;
        Ok(Exit::Found.into())
    }
}
