//! `tanba cluster status`: how a cluster stands.

use super::view::{READY, View};
use crate::connection::{ClusterArguments, Connection};
use std::collections::BTreeMap;
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use transport::{ClientError, Role, probe};

/// Arguments of `tanba cluster status`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Also list every partition.
    #[arg(long)]
    partitions: bool,
}

/// Asks and answers.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let view = look(&connection)?;
    output.answer(&view, |view| view.text(arguments.partitions))?;
    Ok(if view.faults.is_empty() { Exit::Found } else { Exit::NotFound }.into())
}

/// How the cluster stands now.
///
/// # Errors
/// When no coordinator answers.
pub(super) fn look(connection: &Connection) -> anyhow::Result<View> {
    let healths = healths(connection);
    let status = connection.wait(connection.client.status())?;
    Ok(View::new(&connection.file.name, status, &healths))
}

/// Address and health of every coordinator in the file.
fn healths(connection: &Connection) -> BTreeMap<u64, (String, String)> {
    let mut healths = BTreeMap::new();
    for (id, address) in &connection.file.coordinators {
        let address = address.to_string();
        let probed = connection.wait(probe(&connection.security, &address, Role::Coordinator));
        let health = match probed {
            Ok(true) => READY.to_owned(),
            Ok(false) => "not ready".to_owned(),
            Err(ClientError::Refused { status, .. }) => format!("no answer: {}", status.message()),
            Err(error) => error.to_string(),
        };
        healths.insert(id.0, (address, health));
    }
    healths
}
