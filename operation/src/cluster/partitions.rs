//! `tanba cluster partitions`: where the parts of the gallery are.

use super::balance::{Lot, Seat, balance, loads};
use super::{Act, await_shown};
use crate::connection::{ClusterArguments, Connection};
use crate::words::refusal;
use anyhow::{Context, bail, ensure};
use proto::v1;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use terminal::output::{Exit, Output, write_file};
use terminal::table::{Align, Table};
use terminal::words::counted;
use transport::{Change, Done};

/// Arguments of `tanba cluster partitions`.
#[derive(clap::Args)]
#[command(after_help = "\
Partitions find their nodes by themselves, spread by chance. A plan evens that out, or empties
nodes, with as few moves as it takes; applied, each partition that moves is pinned to its nodes
until it is unpinned or they go. Nothing leaves a node before it is complete elsewhere, and searches
go on. After nodes were added, plan again: what is pinned stays.

Examples:
  tanba cluster partitions plan --cluster cluster.toml --out plan.json
  tanba cluster partitions plan --cluster cluster.toml --without 3
  tanba cluster partitions apply plan.json --cluster cluster.toml --dry-run
  tanba cluster partitions move 12 --from 1 --to 4 --cluster cluster.toml
  tanba cluster partitions unpin 12 --cluster cluster.toml
  tanba cluster wait --for replicas --cluster cluster.toml")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say which moves would even loads out; nothing is changed.
    Plan(Plan),
    /// Pin partitions as a plan says.
    Apply(Apply),
    /// Move one replica.
    Move(Move),
    /// Let partitions follow their target alone.
    Unpin(Unpin),
}

#[derive(clap::Args)]
struct Plan {
    /// As if this node held nothing.
    #[arg(long, value_name = "NODE")]
    without: Vec<u64>,
    /// Also write the plan to this file, for `apply`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(clap::Args)]
struct Apply {
    /// What `plan` wrote.
    #[arg(value_name = "FILE")]
    plan: PathBuf,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(clap::Args)]
struct Move {
    /// The partition.
    #[arg(value_name = "PARTITION")]
    partition: u32,
    /// Away from this node.
    #[arg(long, value_name = "NODE")]
    from: u64,
    /// To this one.
    #[arg(long, value_name = "NODE")]
    to: u64,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

#[derive(clap::Args)]
struct Unpin {
    /// Which partitions.
    #[arg(value_name = "PARTITION", required_unless_present = "all")]
    partitions: Vec<u32>,
    /// All that are pinned.
    #[arg(long, conflicts_with = "partitions")]
    all: bool,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// What to do after a partition was pinned or unpinned.
const NEXT: &str = "wait: tanba cluster wait --for replicas";

/// A plan as a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    /// The version of the file; 1.
    format: u32,
    /// Id of the cluster, hexadecimal.
    cluster: String,
    moves: Vec<Step>,
    /// Load of every node before and after; 1 is the mean.
    loads: BTreeMap<u64, [f64; 2]>,
}

/// What is to be pinned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    partition: u32,
    encounters: u32,
    /// Where it is, and where it is to be.
    from: BTreeSet<u64>,
    to: BTreeSet<u64>,
    /// What it was pinned to when this was planned.
    pinned: BTreeSet<u64>,
}

/// Does it.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Plan(plan) => plan.run(output),
        Command::Apply(apply) => apply.run(output),
        Command::Move(one) => one.run(output),
        Command::Unpin(unpin) => unpin.run(output),
    }
}

impl Plan {
    fn run(&self, output: &Output) -> anyhow::Result<ExitCode> {
        let connection = self.cluster.connect()?;
        let status = connection.wait(connection.client.status())?;
        for node in &self.without {
            let known = status.nodes.iter().any(|row| row.node == *node);
            ensure!(known, "the cluster has no node {node}");
        }
        let plan = plan(&status, &self.without, id_of(&connection))?;
        output.answer(&plan, PlanFile::text)?;
        if let Some(path) = &self.out {
            let text = serde_json::to_string_pretty(&plan)?;
            write_file(path, format!("{text}\n").as_bytes())?;
            output.note(format!("plan written to {}", path.display()));
        }
        Ok(Exit::Found.into())
    }
}

fn id_of(connection: &Connection) -> String {
    format!("{:032x}", connection.file.founding.cluster.0)
}

/// Where every partition is to be now.
fn placed(partition: &v1::PartitionStatus) -> BTreeSet<u64> {
    partition.replicas.iter().map(|replica| replica.node).collect()
}

fn plan(status: &v1::StatusResponse, without: &[u64], cluster: String) -> anyhow::Result<PlanFile> {
    let up = status.nodes.iter().filter(|node| node.state() == v1::NodeState::Up);
    let seat = |node: &v1::NodeStatus| Seat {
        node: node.node,
        site: node.site,
        capacity: node.capacity.max(1),
    };
    let all: Vec<Seat> = up.map(seat).collect();
    let seats: Vec<Seat> =
        all.iter().copied().filter(|seat| !without.contains(&seat.node)).collect();
    ensure!(!seats.is_empty(), "no node would be left");
    let lot = |partition: &v1::PartitionStatus| Lot {
        partition: partition.partition,
        encounters: partition.alive.into(),
        on: placed(partition),
    };
    let lots: Vec<Lot> = status.partitions.iter().map(lot).collect();
    let replicas = status.policy.as_ref().map_or(1, |policy| policy.replication) as usize;
    let seating = balance(&seats, &lots, replicas);
    let now = lots.iter().map(|lot| (lot.partition, lot.on.clone())).collect();
    let (before, after) = (loads(&all, &lots, &now), loads(&all, &lots, &seating));
    let moves = status.partitions.iter().filter_map(|partition| {
        let (from, to) = (placed(partition), seating[&partition.partition].clone());
        (from != to).then(|| Step {
            partition: partition.partition,
            encounters: partition.alive,
            from,
            to,
            pinned: partition.pin.iter().copied().collect(),
        })
    });
    let loads = before.iter().map(|(node, load)| (*node, [*load, after[node]])).collect();
    Ok(PlanFile { format: 1, cluster, moves: moves.collect(), loads })
}

fn list(nodes: &BTreeSet<u64>) -> String {
    nodes.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

impl PlanFile {
    fn text(&self) -> String {
        let mut text = String::new();
        if !self.moves.is_empty() {
            text.push_str(&moves_table(&self.moves).render());
            text.push('\n');
        }
        let mut table =
            Table::new(&[("node", Align::Left), ("load", Align::Right), ("then", Align::Right)]);
        for (node, [before, after]) in &self.loads {
            table.row([node.to_string(), format!("{before:.2}"), format!("{after:.2}")]);
        }
        text.push_str(&table.render());
        let partitions = ["partition moves", "partitions move"];
        text.push_str(&format!("\n{}\n", counted(self.moves.len() as u64, partitions)));
        text
    }
}

fn moves_table(moves: &[Step]) -> Table {
    let mut table = Table::new(&[
        ("partition", Align::Right),
        ("encounters", Align::Right),
        ("from", Align::Left),
        ("to", Align::Left),
    ]);
    for Step { partition, encounters, from, to, .. } in moves {
        table.row([partition.to_string(), encounters.to_string(), list(from), list(to)]);
    }
    table
}

impl Apply {
    fn run(&self, output: &Output) -> anyhow::Result<ExitCode> {
        let name = self.plan.display();
        let text = std::fs::read_to_string(&self.plan).with_context(|| name.to_string())?;
        let plan: PlanFile = serde_json::from_str(&text)
            .with_context(|| format!("{name} is no plan: `tanba cluster partitions plan --out`"))?;
        let connection = self.cluster.connect()?;
        ensure!(plan.format == 1, "{name}: another format");
        ensure!(plan.cluster == id_of(&connection), "{name} is the plan of another cluster");
        let status = connection.wait(connection.client.status())?;
        for step in &plan.moves {
            let now = status.partitions.iter().find(|p| p.partition == step.partition);
            let is_as_planned = now.is_some_and(|now| placed(now) == step.from);
            ensure!(
                is_as_planned,
                "partition {} is no longer where it was when this was planned: plan again",
                step.partition
            );
        }
        pin_all(&plan.moves, self.dry_run, &connection, output)
    }
}

/// What was pinned, or would be.
#[derive(Serialize)]
struct Pinned<'a> {
    dry_run: bool,
    moves: &'a [Step],
    /// Where the last one stands in the log.
    index: Option<u64>,
}

fn pin_all(
    moves: &[Step],
    dry_run: bool,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let last = if dry_run { None } else { pin_each(moves, "pinned", connection)? };
    output.answer(&Pinned { dry_run, moves, index: last }, |pinned| {
        let done = if pinned.dry_run { "would be pinned" } else { "pinned" };
        let partitions = counted(pinned.moves.len() as u64, ["partition", "partitions"]);
        format!("{}\n{partitions} {done}\n{NEXT}\n", moves_table(pinned.moves).render())
    })?;
    Ok(Exit::Found.into())
}

/// Pins or unpins one after the other, and waits until the status shows it; where the last one
/// stands in the log. `done` is what becomes of them, in a word.
fn pin_each(steps: &[Step], done: &str, connection: &Connection) -> anyhow::Result<Option<u64>> {
    let mut last = None;
    for (n, step) in steps.iter().enumerate() {
        let asked = connection.client.administer(pin(step.partition, &step.to, &step.pinned));
        let Done { index, outcome, .. } = connection.wait(asked).with_context(|| {
            format!("partition {}; {n} others were {done}: look again", step.partition)
        })?;
        if let Some(why) = refusal(outcome) {
            bail!("partition {} was not {done}: {why}; {n} others were", step.partition);
        }
        last = Some(index);
    }
    last.map_or(Ok(()), |index| await_shown(index, connection))?;
    Ok(last)
}

fn pin(partition: u32, nodes: &BTreeSet<u64>, expected: &BTreeSet<u64>) -> Change {
    let [nodes, expected] = [nodes, expected].map(|set| set.iter().copied().collect());
    Change::PinPartition(v1::PinPartition { partition, nodes, expected })
}

fn partition_of(
    status: &v1::StatusResponse,
    partition: u32,
) -> anyhow::Result<&v1::PartitionStatus> {
    let found = status.partitions.iter().find(|found| found.partition == partition);
    found.with_context(|| format!("the cluster has no partition {partition}"))
}

impl Move {
    fn run(&self, output: &Output) -> anyhow::Result<ExitCode> {
        let connection = self.cluster.connect()?;
        let status = connection.wait(connection.client.status())?;
        let Self { partition, from, to, .. } = *self;
        let found = partition_of(&status, partition)?;
        let mut nodes = placed(found);
        ensure!(nodes.remove(&from), "partition {partition} is not on node {from}");
        ensure!(nodes.insert(to), "partition {partition} is on node {to} already");
        let is_up = |node: &v1::NodeStatus| node.node == to && node.state() == v1::NodeState::Up;
        ensure!(status.nodes.iter().any(is_up), "there is no node {to} that is up");
        let act = Act {
            what: format!("partition {partition}: pinned to {}", list(&nodes)),
            dry_run: self.dry_run,
            index: None,
            next: NEXT.to_owned(),
        };
        let pinned = found.pin.iter().copied().collect();
        act.perform(pin(partition, &nodes, &pinned), &connection, output)
    }
}

impl Unpin {
    fn run(&self, output: &Output) -> anyhow::Result<ExitCode> {
        let connection = self.cluster.connect()?;
        let status = connection.wait(connection.client.status())?;
        let named = match self.all {
            true => status.partitions.iter().filter(|p| !p.pin.is_empty()).collect(),
            false => {
                let named = self.partitions.iter().map(|id| partition_of(&status, *id));
                named.collect::<anyhow::Result<Vec<_>>>()?
            }
        };
        let step = |found: &&v1::PartitionStatus| Step {
            partition: found.partition,
            encounters: found.alive,
            from: placed(found),
            to: BTreeSet::new(),
            pinned: found.pin.iter().copied().collect(),
        };
        let steps: Vec<Step> = named.iter().map(step).collect();
        if !self.dry_run {
            pin_each(&steps, "unpinned", &connection)?;
        }
        output.answer(&steps, |steps| {
            let done = if self.dry_run { "would be unpinned" } else { "unpinned" };
            let partitions = counted(steps.len() as u64, ["partition", "partitions"]);
            format!("{partitions} {done}\n{NEXT}\n")
        })?;
        Ok(Exit::Found.into())
    }
}
