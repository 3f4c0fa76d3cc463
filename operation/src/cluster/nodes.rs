//! `tanba cluster nodes`: which nodes there are.

use super::Act;
use crate::cluster::view::state_name;
use crate::connection::{ClusterArguments, Connection};
use anyhow::{Context, bail, ensure};
use proto::v1;
use std::process::ExitCode;
use terminal::output::Output;
use transport::Change;

/// Arguments of `tanba cluster nodes`.
#[derive(clap::Args)]
#[command(after_help = "\
A node that is drained keeps serving until every replica of its is complete elsewhere; wait for it
with `tanba cluster wait --for replicas`, then remove and stop it. A removed id never comes back.

Examples:
  tanba cluster nodes add 4 --cluster cluster.toml
  tanba cluster nodes drain 4 --cluster cluster.toml
  tanba cluster nodes return 4 --cluster cluster.toml
  tanba cluster nodes remove 4 --cluster cluster.toml --dry-run")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Let a running node hold replicas.
    Add(Add),
    /// Move all replicas of a node elsewhere.
    Drain(Which),
    /// Let a draining node stay.
    Return(Which),
    /// Forget a node, for good.
    Remove(Remove),
}

#[derive(clap::Args)]
struct Which {
    /// The node.
    #[arg(value_name = "ID")]
    id: u64,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(clap::Args)]
struct Remove {
    #[command(flatten)]
    which: Which,
    /// Also when it still holds replicas, as after the loss of its disk.
    #[arg(long)]
    force: bool,
}

#[derive(clap::Args)]
struct Add {
    #[command(flatten)]
    which: Which,
    /// What `tanba node begin` printed; otherwise what the connected node says.
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    incarnation: Option<u64>,
    /// Where it stands: a number for each site.
    #[arg(long, value_name = "N", default_value_t = 0)]
    site: u16,
    /// How much it can hold, relative to the other nodes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    capacity: u32,
}

fn hexadecimal(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text, 16).map_err(|_| "give up to 16 hexadecimal digits".to_owned())
}

/// Does it.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    use v1::NodeState::{Draining, Removed, Up};
    match arguments.command {
        Command::Add(add) => add.run(output),
        Command::Drain(which) => {
            which.set(Draining, "wait: tanba cluster wait --for replicas", true, output)
        }
        Command::Return(which) => which.set(Up, "it may hold replicas again", true, output),
        Command::Remove(Remove { which, force }) => {
            which.set(Removed, "stop its process", force, output)
        }
    }
}

impl Add {
    fn run(&self, output: &Output) -> anyhow::Result<ExitCode> {
        let (id, connection) = (self.which.id, self.which.cluster.connect()?);
        let incarnation = match self.incarnation {
            Some(incarnation) => incarnation,
            None => incarnation_of(id, &connection)?,
        };
        let (site, capacity) = (self.site.into(), self.capacity);
        let register = v1::RegisterNode { node: id, incarnation, site, capacity };
        let act = Act {
            what: format!("add node {id}, incarnation {incarnation:016x}"),
            dry_run: self.which.dry_run,
            index: None,
            next: "wait: tanba cluster wait --for replicas".to_owned(),
        };
        act.perform(Change::RegisterNode(register), &connection, output)
    }
}

/// What a node says of itself, if it is connected to a coordinator.
fn incarnation_of(id: u64, connection: &Connection) -> anyhow::Result<u64> {
    let status = connection.wait(connection.client.status())?;
    if let Some(node) = status.nodes.iter().find(|node| node.node == id) {
        return Ok(node.incarnation);
    }
    let strange = status.strange_nodes.iter().find(|node| node.node == id);
    strange.and_then(|node| node.incarnation).with_context(|| {
        format!(
            "node {id} is not connected to coordinator {}: start it, or give --incarnation as \
             `tanba node begin` printed it",
            status.coordinator
        )
    })
}

impl Which {
    /// `with_replicas`: also when it holds some.
    fn set(
        &self,
        state: v1::NodeState,
        next: &str,
        with_replicas: bool,
        output: &Output,
    ) -> anyhow::Result<ExitCode> {
        let (id, connection) = (self.id, self.cluster.connect()?);
        let status = connection.wait(connection.client.status())?;
        let node = status.nodes.iter().find(|node| node.node == id);
        let node = node.with_context(|| format!("the cluster has no node {id}"))?;
        let found = node.state();
        ensure!(found != state, "node {id} is {} already", state_name(state));
        if state != v1::NodeState::Up {
            refuse_last(&status, id)?;
        }
        let held = held_by(&status, id);
        ensure!(
            held == 0 || with_replicas,
            "node {id} still holds {held} replicas: drain it and wait for them to move \
             (`tanba cluster wait --for replicas`), or give --force if it is lost"
        );
        let change = v1::SetNodeState { node: id, expected: found.into(), state: state.into() };
        let act = Act {
            what: format!("node {id}: {}", state_name(state)),
            dry_run: self.dry_run,
            index: None,
            next: next.to_owned(),
        };
        act.perform(Change::SetNodeState(change), &connection, output)
    }
}

/// The last node that is up must not go: its replicas would have nowhere to move.
fn refuse_last(status: &v1::StatusResponse, id: u64) -> anyhow::Result<()> {
    let others = status.nodes.iter().filter(|node| node.node != id);
    let up = others.filter(|node| node.state() == v1::NodeState::Up).count();
    let replication = status.policy.map_or(1, |policy| policy.replication as usize);
    if up < replication && held_by(status, id) > 0 {
        bail!(
            "only {up} other nodes are up and {replication} replicas are wanted: add a node first, \
             or lower the replication with `tanba cluster policy`"
        );
    }
    Ok(())
}

/// Replicas that a node is to hold.
fn held_by(status: &v1::StatusResponse, id: u64) -> usize {
    let holds = |partition: &&v1::PartitionStatus| partition.replicas.iter().any(|r| r.node == id);
    status.partitions.iter().filter(holds).count()
}
