//! `tanba cluster coordinators`: who keeps the log.

use super::Act;
use super::status::look;
use super::view::{Coordinator, VOTER};
use crate::connection::{ClusterArguments, Connection};
use anyhow::bail;
use coordinator::raft::MembershipChange;
use replication::CoordinatorId;
use std::process::ExitCode;
use terminal::output::Output;

/// Arguments of `tanba cluster coordinators`.
#[derive(clap::Args)]
#[command(after_help = "\
A coordinator to be added has begun with `tanba coordinator join`, runs, and stands in the cluster
file of all the others, which read it when they start. It listens until it has caught up, and then
votes; one that leads and is to go lets another lead before. Both commands end when that is done.

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
    /// Let a coordinator go. Refused when those that would be left could agree on nothing.
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
    let connection = which.cluster.connect()?;
    if matches!(arguments.command, Command::Remove(_)) {
        check_removal(&look(&connection)?.coordinators, which.id)?;
    }
    if !which.dry_run {
        perform(&arguments.command, &connection)?;
    }
    let act = Act {
        what: format!("coordinator {}: {verb}", which.id),
        dry_run: which.dry_run,
        index: None,
        next: "look: tanba cluster status".to_owned(),
    };
    act.say(output)
}

fn perform(command: &Command, connection: &Connection) -> anyhow::Result<()> {
    let client = &connection.client;
    let id = |which: &Which| CoordinatorId(which.id);
    let mut change = MembershipChange::default();
    match command {
        Command::Add(which) => change.voters.push(id(which)),
        Command::Remove(which) => change.removed.push(id(which)),
        Command::Lead(which) => {
            return Ok(connection.wait(client.transfer_leadership(id(which)))?);
        }
    }
    Ok(connection.wait(client.change_membership(&change))?)
}

/// Refuses to remove a coordinator when those voters that would be left and are ready are no
/// majority: nothing could be agreed on any more, and no command would get the removed one back.
fn check_removal(coordinators: &[Coordinator], id: u64) -> anyhow::Result<()> {
    let left = coordinators.iter().filter(|c| c.part == VOTER && c.id != id);
    let (ready, left): (Vec<_>, Vec<_>) = left.partition(|c| c.is_ready());
    let (ready, voters) = (ready.len(), ready.len() + left.len());
    if ready <= voters / 2 {
        let names: Vec<String> = left.iter().map(|c| c.id.to_string()).collect();
        bail!(
            "coordinator {id} is not removed: of the {voters} voters that would be left, {ready} \
             would be ready, and that is no majority. Start or replace first: {}",
            if names.is_empty() { "another coordinator".to_owned() } else { names.join(", ") }
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::view::{LEARNER, READY};

    fn coordinators(parts: &[(u64, &'static str, &str)]) -> Vec<Coordinator> {
        let coordinator = |(id, part, health): &(u64, &'static str, &str)| Coordinator {
            id: *id,
            address: String::new(),
            part,
            health: (*health).to_owned(),
        };
        parts.iter().map(coordinator).collect()
    }

    fn verdict(parts: &[(u64, &'static str, &str)], id: u64) -> String {
        check_removal(&coordinators(parts), id)
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_coordinator_goes_when_the_rest_can_still_agree() {
        let three = [(1, VOTER, READY), (2, VOTER, READY), (3, VOTER, "no answer")];
        assert_eq!(verdict(&three, 3), "", "the lost one may always go");
        let refused = verdict(&three, 1);
        assert!(refused.contains("of the 2 voters that would be left, 1 would be ready"));
        assert!(refused.ends_with("Start or replace first: 3"), "{refused}");
    }

    #[test]
    fn a_coordinator_that_only_listens_counts_for_nothing() {
        let with_learner = [(1, VOTER, READY), (2, LEARNER, READY)];
        assert!(verdict(&with_learner, 1).contains("of the 0 voters"));
        assert_eq!(verdict(&with_learner, 2), "");
    }
}
