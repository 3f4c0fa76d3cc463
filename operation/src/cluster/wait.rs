//! `tanba cluster wait`: until the cluster is as it should be.

use super::status::look;
use super::view::View;
use crate::connection::ClusterArguments;
use anyhow::bail;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use terminal::output::{Exit, Output};

/// Between looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `tanba cluster wait`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,
    /// What for.
    #[arg(long = "for", value_enum)]
    what: What,
    /// Give up after so long.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    at_most_s: u64,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Most coordinators agree on a leader.
    Leader,
    /// Every partition has all its replicas, complete, on nodes that are to stay.
    Replicas,
    /// No encounter waits for its duplicate check.
    Checks,
    /// `tanba cluster status` finds no fault.
    Health,
}

impl What {
    /// What is missing; nothing when it has come.
    fn missing(self, view: &View) -> Vec<String> {
        let unsettled = view.unsettled().map(|partition| partition.partition.to_string());
        match self {
            // One who says so of himself, not of whom another heard last.
            Self::Leader if view.leader == Some(view.asked) => Vec::new(),
            Self::Leader => vec!["a leader".to_owned()],
            Self::Replicas => {
                let silent = view.nodes.iter().filter(|node| node.replicas > 0 && !node.is_live);
                let silent = silent.map(|node| format!("a report of node {}", node.id));
                let unsettled = unsettled.map(|id| format!("replicas of partition {id}"));
                silent.chain(unsettled).collect()
            }
            Self::Checks if view.unchecked == 0 => Vec::new(),
            Self::Checks => vec![format!("{} duplicate checks", view.unchecked)],
            Self::Health => view.faults.clone(),
        }
    }
}

/// Looks until it has come or time is over.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let started = Instant::now();
    let at_most = Duration::from_secs(arguments.at_most_s);
    loop {
        let missing = match look(&connection) {
            Ok(view) => {
                let missing = arguments.what.missing(&view);
                if missing.is_empty() {
                    output.answer(&view, |_| {
                        format!("there after {:.1} s\n", started.elapsed().as_secs_f64())
                    })?;
                    return Ok(Exit::Found.into());
                }
                missing.join("; ")
            }
            Err(error) => format!("{error:#}"),
        };
        if started.elapsed() >= at_most {
            bail!("still missing after {} s: {missing}", arguments.at_most_s);
        }
        connection.pause(LOOK_EVERY);
    }
}
