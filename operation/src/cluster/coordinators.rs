//! `tanba cluster coordinators`: who keeps the log.

use super::Act;
use crate::connection::ClusterArguments;
use coordinator::raft::MembershipChange;
use replication::CoordinatorId;
use std::process::ExitCode;
use terminal::output::Output;

/// Arguments of `tanba cluster coordinators`.
#[derive(clap::Args)]
#[command(after_help = "\
A coordinator to be added has begun with `tanba coordinator join`, runs, and stands in the cluster
file of all the others, which read it when they start.

Examples:
  tanba cluster coordinators add 4 --cluster cluster.toml
  tanba cluster coordinators lead 2 --cluster cluster.toml
  tanba cluster coordinators remove 1 --cluster cluster.toml --dry-run")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Let a coordinator that joined vote.
    Add(Which),
    /// Let a coordinator go.
    Remove(Which),
    /// Hand leadership over to a coordinator.
    Lead(Which),
}

#[derive(clap::Args)]
struct Which {
    /// The coordinator.
    #[arg(value_name = "ID")]
    id: u64,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// Does it.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let (which, verb) = match &arguments.command {
        Command::Add(which) => (which, "add"),
        Command::Remove(which) => (which, "remove"),
        Command::Lead(which) => (which, "lead"),
    };
    let act = Act {
        what: format!("coordinator {}: {verb}", which.id),
        dry_run: which.dry_run,
        index: None,
        next: "look: tanba cluster status".to_owned(),
    };
    if !which.dry_run {
        let connection = which.cluster.connect()?;
        let (id, client) = (CoordinatorId(which.id), &connection.client);
        let change = |voters: &[CoordinatorId], removed: &[CoordinatorId]| MembershipChange {
            voters: voters.to_vec(),
            learners: Vec::new(),
            removed: removed.to_vec(),
        };
        match &arguments.command {
            Command::Add(_) => connection.wait(client.change_membership(&change(&[id], &[])))?,
            Command::Remove(_) => connection.wait(client.change_membership(&change(&[], &[id])))?,
            Command::Lead(_) => connection.wait(client.transfer_leadership(id))?,
        }
    }
    act.say(output)
}
