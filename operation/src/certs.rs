//! `tanba certs`: a private authority and the certificates of a cluster.

use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use terminal::calendar;
use terminal::output::{Exit, Output};
use transport::Role;
use transport::certificates::{
    AUTHORITY, AUTHORITY_DAYS, AUTHORITY_KEY, CERTIFICATE, Issue, KEY, init, issue,
};

/// Arguments of `tanba certs`.
#[derive(clap::Args)]
#[command(after_help = "\
Every process and every client of a cluster shows a certificate of the cluster's own authority; the
name in it says which cluster, role and id. The authority's key belongs on no server: keep its
folder offline. Files are readable by their owner alone, and none is ever overwritten.

Examples:
  tanba certs init --name kz --out authority
  tanba certs issue --authority authority --role coordinator --id 1 --out certs/coordinator-1
  tanba certs issue --authority authority --role node --id 4 --out certs/node-4
  tanba certs issue --authority authority --role operator --id 1 --out certs/operator-1 --days 90")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make the authority of a new cluster.
    Init(Init),
    /// Issue the certificate of a process, a client or an operator.
    Issue(IssueArguments),
}

#[derive(clap::Args)]
struct Init {
    /// The name of the cluster: 1 to 40 of a-z, 0-9 and '-'.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The folder to make the authority in.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(clap::Args)]
struct IssueArguments {
    /// The folder of the authority.
    #[arg(long, value_name = "DIR")]
    authority: PathBuf,
    /// coordinator, node, client (enrolls and searches) or operator (also administers).
    #[arg(long)]
    role: Role,
    /// Which of these, from 1 on.
    #[arg(long, value_name = "ID")]
    id: u64,
    /// The folder to put the certificate into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Valid for so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 365,
          value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    name: String,
    folder: String,
    files: Vec<&'static str>,
    valid_until: String,
    valid_days: u32,
}

/// Makes an authority or a certificate.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.context("the clock is before 1970")?.as_secs();
    let seconds = i64::try_from(now)?;
    let (name, folder, files, days) = match arguments.command {
        Command::Init(Init { name, out }) => {
            init(&out, &name, seconds)?;
            (format!("authority of {name}"), out, vec![AUTHORITY, AUTHORITY_KEY], AUTHORITY_DAYS)
        }
        Command::Issue(IssueArguments { authority, role, id, out, days }) => {
            let asked = Issue { authority: &authority, role, id, days, now: seconds };
            let identity = issue(asked, &out)?;
            (identity.to_string(), out, vec![AUTHORITY, CERTIFICATE, KEY], days)
        }
    };
    let made = Made {
        name,
        folder: folder.display().to_string(),
        files,
        valid_until: calendar::date(now + u64::from(days) * 86_400),
        valid_days: days,
    };
    output.answer(&made, text)?;
    Ok(Exit::Found.into())
}

fn text(made: &Made) -> String {
    let Made { name, folder, files, valid_until, valid_days } = made;
    let files = files.join(", ");
    format!("{name}\n{folder}: {files}\nvalid until {valid_until}, {valid_days} days\n")
}
