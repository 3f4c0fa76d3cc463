//! `tanba cluster upgrade`: lets a cluster do what all its processes know.

use super::{Act, await_shown};
use crate::connection::ClusterArguments;
use anyhow::{bail, ensure};
use coordinator::command::FEATURE_LEVEL_MAX;
use proto::v1;
use serde::Serialize;
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use transport::Change;

/// Arguments of `tanba cluster upgrade`.
#[derive(clap::Args)]
#[command(after_help = "\
To bring a cluster to another release: exchange the program and start again, one process after the
other, nodes first, the leader last; wait for health between two. As long as the feature level was
not raised, the way back is the same. Then raise it with this command; there is no way back.

Examples:
  tanba cluster upgrade --cluster cluster.toml --dry-run
  tanba cluster upgrade --cluster cluster.toml")]
pub(crate) struct Arguments {
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// Why nothing was raised.
#[derive(Serialize)]
struct Standing {
    feature_level: u32,
    why: &'static str,
}

/// Raises the level, one after the other, to what everybody knows.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let mut status = connection.wait(connection.client.status())?;
    let asked = connection.wait(connection.client.statuses());
    let answered: Vec<v1::StatusResponse> =
        asked.into_iter().filter_map(|(_, answer)| answer.ok()).collect();
    let (level, lacking) = common_level(&status, &answered);
    ensure!(lacking.is_empty(), "not known of {}: start them first", lacking.join(", "));
    let act = |from: u32, to: u32| Act {
        what: format!("feature level {from} to {to}"),
        dry_run: arguments.dry_run,
        index: None,
        next: "there is no way back to a release that does not know it".to_owned(),
    };
    if level <= status.feature_level {
        let why = match status.feature_level < FEATURE_LEVEL_MAX {
            true => "some process does not know the next: bring all to one release first",
            false => "the highest of this release",
        };
        let standing = Standing { feature_level: status.feature_level, why };
        output.answer(&standing, |s| format!("feature level {}: {}\n", s.feature_level, s.why))?;
        return Ok(Exit::Found.into());
    }
    while !arguments.dry_run && status.feature_level + 1 < level {
        let next = status.feature_level + 1;
        let change = Change::SetFeatureLevel(v1::SetFeatureLevel { level: next });
        let done = connection.wait(connection.client.administer(change))?;
        await_shown(done.index, &connection)?;
        status = connection.wait(connection.client.status())?;
        if status.feature_level < next {
            bail!("feature level {next} was not reached: somebody else raised it? look again");
        }
    }
    let change = Change::SetFeatureLevel(v1::SetFeatureLevel { level });
    act(status.feature_level, level).perform(change, &connection, output)
}

/// The level that all members know, and of whom it is not known.
fn common_level(
    status: &v1::StatusResponse,
    answered: &[v1::StatusResponse],
) -> (u32, Vec<String>) {
    let membership = status.membership.clone().unwrap_or_default();
    let members = membership.voters.iter().chain(&membership.learners);
    let (mut level, mut lacking) = (u32::MAX, Vec::new());
    for id in members {
        match answered.iter().find(|answer| answer.coordinator == *id) {
            Some(answer) => level = level.min(answer.feature_level_max),
            None => lacking.push(format!("coordinator {id}")),
        }
    }
    for node in status.nodes.iter().filter(|node| node.state() != v1::NodeState::Removed) {
        match node.feature_level_max {
            0 => lacking.push(format!("node {}", node.node)),
            known => level = level.min(known),
        }
    }
    (level, lacking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_is_what_the_oldest_member_knows_and_whoever_is_silent_is_named() {
        let answer = |coordinator, feature_level_max| v1::StatusResponse {
            coordinator,
            feature_level_max,
            ..Default::default()
        };
        let node = |node, feature_level_max, state: v1::NodeState| v1::NodeStatus {
            node,
            feature_level_max,
            state: state.into(),
            ..Default::default()
        };
        let (up, removed) = (v1::NodeState::Up, v1::NodeState::Removed);
        let voters = vec![1, 2];
        let status = v1::StatusResponse {
            membership: Some(v1::Membership { voters, learners: vec![3], ..Default::default() }),
            nodes: vec![node(4, 5, up), node(5, 0, removed)],
            ..Default::default()
        };
        let answers = [answer(1, 4), answer(2, 3), answer(3, 4)];
        assert_eq!(common_level(&status, &answers), (3, vec![]));
        let (_, lacking) = common_level(&status, &answers[..2]);
        assert_eq!(lacking, ["coordinator 3"]);
        let silent = v1::StatusResponse { nodes: vec![node(4, 0, up)], ..status };
        assert_eq!(common_level(&silent, &answers).1, ["node 4"]);
    }
}
