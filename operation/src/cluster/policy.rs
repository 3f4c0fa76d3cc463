//! `tanba cluster policy`: how many replicas there are, and when an enrollment is held.

use super::Act;
use crate::connection::ClusterArguments;
use anyhow::Context;
use proto::v1;
use serde::Serialize;
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use transport::Change;

/// Arguments of `tanba cluster policy`.
#[derive(clap::Args)]
#[command(after_help = "\
Without anything to change, the policy is shown.

Examples:
  tanba cluster policy --cluster cluster.toml
  tanba cluster policy --cluster cluster.toml --replication 3 --dry-run")]
pub(crate) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,
    /// Replicas of each partition.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=7))]
    replication: Option<u32>,
    /// Replicas that must have a change on disk before it is let go of.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=7))]
    min_durable: Option<u32>,
    /// Changes kept for replicas that are behind, in MiB.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(16..=1_048_576))]
    retention_mib: Option<u64>,
    /// How rarely a stranger may be as alike as what is held for a duplicate: 9000 is one person in
    /// 10^9, 12000 one in 10^12.
    #[arg(long, value_name = "RARITY")]
    duplicate_rarity: Option<u32>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Shown {
    replication: u32,
    min_durable: u32,
    retention_mib: u64,
    duplicate_rarity: u32,
}

impl Shown {
    fn of(policy: v1::Policy) -> Self {
        Self {
            replication: policy.replication,
            min_durable: policy.min_durable,
            retention_mib: policy.retention_bytes_max >> 20,
            duplicate_rarity: policy.dedup_rarity,
        }
    }

    fn text(&self) -> String {
        let Self { replication, min_durable, retention_mib, duplicate_rarity } = self;
        format!(
            "replication           {replication}\n\
             min_durable           {min_durable}\n\
             retention_mib         {retention_mib}\n\
             duplicate_rarity      {duplicate_rarity}\n"
        )
    }
}

/// Shows or changes it.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let status = connection.wait(connection.client.status())?;
    let expected = status.policy.context("the coordinator names no policy")?;
    let policy = v1::Policy {
        replication: arguments.replication.unwrap_or(expected.replication),
        min_durable: arguments.min_durable.unwrap_or(expected.min_durable),
        retention_bytes_max: match arguments.retention_mib {
            Some(mib) => mib << 20,
            None => expected.retention_bytes_max,
        },
        dedup_rarity: arguments.duplicate_rarity.unwrap_or(expected.dedup_rarity),
    };
    if policy == expected {
        output.answer(&Shown::of(expected), Shown::text)?;
        return Ok(Exit::Found.into());
    }
    let act = Act {
        what: format!("policy:\n{}", Shown::of(policy).text().trim_end()),
        dry_run: arguments.dry_run,
        index: None,
        next: "look: tanba cluster status".to_owned(),
    };
    let change = v1::SetPolicy { expected: Some(expected), policy: Some(policy) };
    act.perform(Change::SetPolicy(change), &connection, output)
}
