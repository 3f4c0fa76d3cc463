//! `tanba cluster doctor`: what is wrong, or soon will be, and what to do.

use super::examination::{Finding, Patient, State, examine};
use crate::connection::{ClusterArguments, Connection};
use crate::serving::RELEASE;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;
use terminal::output::{Exit, Output};
use terminal::table::{Align, Table};
use terminal::words::counted;
use transport::{ClientError, Security};

/// Arguments of `tanba cluster doctor`.
#[derive(clap::Args)]
#[command(after_help = "\
Asks every coordinator, changes nothing. Looked at are: whether all answer and agree, cluster files,
releases, clocks, certificates, disks, nodes, replicas, what waits and what piles up.

Exit codes: 0 nothing is wrong, though a remark may stand; 1 something is; 2 error.

Examples:
  tanba cluster doctor --cluster cluster.toml
  tanba cluster doctor --cluster cluster.toml --format json | jq '.findings[] | select(.state ==
  \"fault\")'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Also list what is as it should be.
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Report {
    cluster: String,
    faults: usize,
    warnings: usize,
    findings: Vec<Finding>,
}

/// Asks and examines.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let findings = examine(&patient(&connection));
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (faults, warnings) = (count(State::Fault), count(State::Warning));
    let cluster = connection.file.name.clone();
    let report = Report { cluster, faults, warnings, findings };
    output.answer(&report, |report| report.text(arguments.all))?;
    Ok(if faults == 0 { Exit::Found } else { Exit::NotFound }.into())
}

fn patient(connection: &Connection) -> Patient {
    let asked = connection.wait(connection.client.statuses());
    let mut answers = BTreeMap::new();
    for (id, address) in &connection.file.coordinators {
        let address = address.to_string();
        let answer = asked.iter().find(|(server, _)| *server == address);
        let answer =
            answer.map_or(Err("it was not asked".to_owned()), |(_, answer)| match answer {
                Ok(status) => Ok(status.clone()),
                Err(ClientError::Refused { status, .. }) => Err(status.message().to_owned()),
                Err(error) => Err(error.to_string()),
            });
        answers.insert(*id, (address, answer));
    }
    Patient {
        answers,
        file: connection.file.digest(),
        release: RELEASE.to_owned(),
        now_ms: UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64),
        certificate_ends_s: match &connection.security {
            Security::Mutual(own) => own.ends_s(),
            Security::Plain => None,
        },
    }
}

impl Report {
    fn text(&self, all: bool) -> String {
        let shown = self.findings.iter().filter(|finding| all || finding.state != State::Sound);
        let shown: Vec<&Finding> = shown.collect();
        let mut text = String::new();
        if !shown.is_empty() {
            let mut table =
                Table::new(&[("", Align::Left), ("what", Align::Left), ("finding", Align::Left)]);
            for finding in &shown {
                let Finding { state, what, says, .. } = finding;
                table.row([state.word(), what, says]);
            }
            text.push_str(&table.render());
            text.push('\n');
        }
        for finding in shown.iter().filter(|finding| !finding.advice.is_empty()) {
            text.push_str(&format!("{}: {}\n", finding.what, finding.advice));
        }
        let looked = counted(self.findings.len() as u64, ["thing was", "things were"]);
        let faults = counted(self.faults as u64, ["fault", "faults"]);
        let warnings = counted(self.warnings as u64, ["warning", "warnings"]);
        text.push_str(&format!("{looked} looked at: {faults}, {warnings}\n"));
        text
    }
}
