//! `tanba backup restore`: the folders of a new cluster from a backup.
//!
//! The new cluster is the next generation of the old one: whoever still runs of that is not heard.
//! Whatever was erased since the backup is erased before anything is written, so the new folders
//! never hold it.

use super::folder::{Backup, Building, write};
use crate::coordinator::found_in;
use crate::file::ClusterFile;
use anyhow::{Context, anyhow, bail, ensure};
use coordinator::Catalog;
use coordinator::catalog::{ErasureRow, NodeRow, StreamRead};
use coordinator::command::NodeState;
use node::shell::{begin, put_replica};
use replication::{
    Applier, Checkpoint, Generation, LogIndex, MemoryKv, NodeId, PartitionId, TailSegment,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use terminal::output::{Exit, Output};

/// Arguments of `tanba backup restore`.
#[derive(clap::Args)]
#[command(after_help = "\
The cluster file says where the new coordinators are: take the old one and change the addresses. The
folders are then copied to their machines, each with the new cluster file, and started as ever.

Example:
  tanba backup restore /backup/2026-11-26 --erasures /backup/2026-11-27 \\
      --cluster cluster.toml --nodes 11,12,13 --out /restored")]
pub(super) struct Arguments {
    /// The folder of the backup.
    #[arg(value_name = "DIR")]
    backup: PathBuf,
    /// The newest backup that there is: what was erased up to it is erased again.
    #[arg(long, value_name = "DIR", required_unless_present = "no_newer_erasures")]
    erasures: Option<PathBuf>,
    /// Nothing was erased since the backup was taken.
    #[arg(long, conflicts_with = "erasures")]
    no_newer_erasures: bool,
    /// A cluster file with the addresses of the new coordinators.
    #[arg(long, value_name = "FILE")]
    cluster: PathBuf,
    /// The new nodes; ids that the old cluster never used.
    #[arg(long, value_name = "ID,ID", value_delimiter = ',', required = true,
          value_parser = clap::value_parser!(u64).range(1..))]
    nodes: Vec<u64>,
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Read and check everything, and only say what would be made.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Restored {
    out: String,
    dry_run: bool,
    cluster: String,
    generation: u32,
    index: u64,
    encounters: u64,
    /// Encounters and persons of the newer list that the backup still held.
    erased: u64,
    folders: Vec<String>,
}

/// Makes the folders.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let backup = Backup::open(&arguments.backup)?;
    let file = arguments.new_file(&backup)?;
    let nodes = arguments.new_nodes(&backup)?;
    let ledger = arguments.newer_erasures(&backup)?;
    let refounded = backup.catalog.clone().refound(file.generation, &ledger);
    let erased = refounded.erasures().len() - backup.catalog.erasures().len();
    let partitions = backup.partitions();
    let progress = output.progress("Restoring", partitions.len() as u64);
    let restoring = Restoring { backup: &backup, refounded };
    let mut restored = Restored {
        out: arguments.out.display().to_string(),
        dry_run: arguments.dry_run,
        cluster: file.name.clone(),
        generation: file.generation.0,
        index: restoring.refounded.applied(),
        encounters: restoring.refounded.encounters().len() as u64,
        erased: erased as u64,
        folders: Vec::new(),
    };
    if arguments.dry_run {
        for partition in partitions {
            restoring.checkpoint(partition)?;
            progress.advance(1);
        }
    } else {
        let building = Building::begin(&arguments.out)?;
        restored.folders = restoring.write(&building, &file, &nodes, || progress.advance(1))?;
        building.finish()?;
    }
    drop(progress);
    output.answer(&restored, Restored::text)?;
    Ok(Exit::Found.into())
}

impl Arguments {
    /// The new cluster's file, which must be of the cluster of the backup.
    fn new_file(&self, backup: &Backup) -> anyhow::Result<ClusterFile> {
        let file = ClusterFile::read(&self.cluster)?;
        let partitions = backup.partitions().len();
        ensure!(
            file.founding.cluster == backup.catalog.cluster()
                && usize::from(file.founding.partitions) == partitions,
            "{} is not of the cluster of the backup: take id and partitions of cluster {}, {}, \
             {partitions}",
            self.cluster.display(),
            backup.manifest.cluster,
            backup.manifest.id
        );
        let newest = backup.catalog.generation().max(file.generation);
        Ok(ClusterFile { generation: Generation(newest.0 + 1), ..file })
    }

    fn new_nodes(&self, backup: &Backup) -> anyhow::Result<BTreeSet<NodeId>> {
        let nodes: BTreeSet<NodeId> = self.nodes.iter().copied().map(NodeId).collect();
        if let Some(used) = nodes.iter().find(|node| backup.catalog.nodes().contains_key(node)) {
            bail!("node {} was one of the old cluster: ids are never used twice", used.0);
        }
        Ok(nodes)
    }

    fn newer_erasures(&self, backup: &Backup) -> anyhow::Result<Vec<ErasureRow>> {
        let Some(folder) = &self.erasures else { return Ok(Vec::new()) };
        let newer = Backup::open(folder).with_context(|| folder.display().to_string())?.catalog;
        ensure!(
            newer.cluster() == backup.catalog.cluster()
                && newer.applied() >= backup.catalog.applied(),
            "{} is no newer backup of the same cluster",
            folder.display()
        );
        Ok(newer.erasures().to_vec())
    }
}

/// A backup, and the state of the cluster that is made of it.
struct Restoring<'a> {
    backup: &'a Backup,
    refounded: Catalog,
}

impl Restoring<'_> {
    /// A replica of the new cluster: that of the backup, without what was erased since.
    fn checkpoint(&self, partition: PartitionId) -> anyhow::Result<Checkpoint> {
        let mut replica: Applier<MemoryKv> = self.backup.replica(partition)?;
        let (after, through) = (replica.searchable(), self.refounded.applied());
        let segment = self.erasures_in(partition, after, through)?;
        let misfit = |error| anyhow!("partition {}: {error}", partition.0);
        replica.apply(&segment).map_err(misfit)?;
        let checkpoint = replica.refounded(self.refounded.generation()).map_err(misfit)?;
        ensure!(
            self.refounded.summary_at(partition, through) == Some(checkpoint.summary),
            "partition {} would hold something else than the catalog says",
            partition.0
        );
        Ok(checkpoint)
    }

    fn erasures_in(
        &self,
        partition: PartitionId,
        after: LogIndex,
        through: LogIndex,
    ) -> anyhow::Result<TailSegment> {
        let row = self.refounded.partition(partition).context("no such partition")?;
        let StreamRead::Entries { entries, .. } = row.read(after, through, u64::MAX) else {
            bail!("partition {}: the catalog does not know what follows {after}", partition.0);
        };
        let (epoch, expected) = (row.placement.epoch, None);
        Ok(TailSegment { partition, epoch, after, through, entries, expected })
    }

    /// Writes all folders; their names.
    fn write(
        mut self,
        building: &Building,
        file: &ClusterFile,
        nodes: &BTreeSet<NodeId>,
        progress: impl Fn(),
    ) -> anyhow::Result<Vec<String>> {
        let folder = |node: NodeId| format!("node-{}", node.0);
        let mut rows = BTreeMap::new();
        for node in nodes {
            let path = building.path.join(folder(*node));
            let incarnation = begin(&path, file.founding.cluster, *node)?.incarnation;
            let state = NodeState::Up;
            rows.insert(*node, NodeRow { incarnation, site: 0, capacity: 1, state });
        }
        let mut housed = self.refounded.clone();
        housed.rehouse(rows);
        for partition in self.backup.partitions() {
            let checkpoint = self.checkpoint(partition)?;
            let row = housed.partition(partition).context("no such partition")?;
            for node in row.placement.replicas.keys() {
                let path = building.path.join(folder(*node));
                put_replica(&path, partition, file.generation, checkpoint.clone())?;
            }
            progress();
        }
        self.refounded = housed;
        let mut folders: Vec<String> = nodes.iter().map(|node| folder(*node)).collect();
        for id in file.coordinators.keys() {
            let name = format!("coordinator-{}", id.0);
            found_in(&building.path.join(&name), *id, file, &self.refounded)?;
            folders.push(name);
        }
        write(&building.path.join("cluster.toml"), file.checked_text()?.as_bytes())?;
        Ok(folders)
    }
}

impl Restored {
    fn text(&self) -> String {
        let Self { out, cluster, generation, index, encounters, erased, folders, dry_run } = self;
        let made = if *dry_run { "would be made" } else { "made" };
        let mut text = format!(
            "{out}: {made}, generation {generation} of {cluster} at {index}\n\
             {encounters} encounters; {erased} erased again that the backup still held\n"
        );
        for folder in folders {
            text.push_str(&format!("  {folder}\n"));
        }
        if !dry_run {
            text.push_str(&format!(
                "copy each folder to its machine with {out}/cluster.toml, and start it:\n  \
                 tanba coordinator serve --cluster cluster.toml --id ID --data coordinator-ID\n  \
                 tanba node serve --cluster cluster.toml --id ID --data node-ID \
                 --listen HOST:PORT\n"
            ));
        }
        text
    }
}
