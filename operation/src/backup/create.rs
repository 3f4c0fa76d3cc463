//! `tanba backup create`: a mark in the log, and what every process kept at it.

use super::content::{read_catalog, read_replica};
use super::folder::{Building, Manifest, ManifestPart, format_now, sha256, write};
use crate::connection::{ClusterArguments, Connection, random};
use crate::words::refusal;
use anyhow::{Context, bail};
use coordinator::Catalog;
use proto::v1;
use replication::{BackupPart, CoordinatorId, PartitionId};
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use terminal::output::{Exit, Output};
use terminal::words::counted;
use transport::{BackupClient, Change, Role};

/// Between looks for parts that are not kept yet.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `tanba backup create`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    cluster: ClusterArguments,
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How long to wait until a part is kept by some process that has it.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience_s: u64,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Created {
    backup: String,
    dry_run: bool,
    cluster: String,
    index: Option<u64>,
    encounters: u64,
    partitions: u64,
    bytes: u64,
}

/// A backup that is being taken.
struct Taking<'a> {
    connection: &'a Connection,
    building: &'a Building,
    mark: u64,
    until: Instant,
    parts: Vec<ManifestPart>,
}

/// Takes one.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let connection = arguments.cluster.connect()?;
    let status = connection.wait(connection.client.status())?;
    let partitions = status.partitions.len() as u64;
    let mut created = Created {
        backup: arguments.out.display().to_string(),
        dry_run: arguments.dry_run,
        cluster: connection.file.name.clone(),
        index: None,
        encounters: status.encounters,
        partitions,
        bytes: 0,
    };
    if !arguments.dry_run {
        let building = Building::begin(&arguments.out)?;
        let (mark, index) = set_mark(&connection)?;
        let progress = output.progress("Fetching", partitions + 1);
        let until = Instant::now() + Duration::from_secs(arguments.patience_s);
        let (connection, building_at) = (&connection, &building);
        let mut taking =
            Taking { connection, building: building_at, mark, until, parts: Vec::new() };
        let catalog = taking.catalog(index)?;
        progress.advance(1);
        for partition in catalog.partitions().map(|(partition, _)| partition) {
            taking.partition(partition, &catalog)?;
            progress.advance(1);
        }
        taking.release(output);
        let manifest = taking.manifest(&catalog);
        manifest.write(&building.path)?;
        building.finish()?;
        created.index = Some(index);
        created.encounters = manifest.encounters;
        created.bytes = manifest.parts.iter().map(|part| part.bytes).sum();
    }
    output.answer(&created, Created::text)?;
    Ok(Exit::Found.into())
}

/// Logs a mark; which, and where it stands.
fn set_mark(connection: &Connection) -> anyhow::Result<(u64, u64)> {
    let mark = random() as u64;
    let kind = v1::MarkKind::Backup.into();
    let change = Change::Mark(v1::Mark { kind, id: mark });
    let done = connection.wait(connection.client.administer(change))?;
    match (refusal(done.outcome), done.outcome) {
        (Some(why), _) => bail!("the backup is not begun: {why}"),
        // An answer was lost, and the mark had been set already.
        (None, coordinator::command::Outcome::AlreadyApplied(index)) => Ok((mark, index)),
        (None, _) => Ok((mark, done.index)),
    }
}

impl Taking<'_> {
    /// The catalog at the mark, from whichever coordinator has it.
    fn catalog(&mut self, index: u64) -> anyhow::Result<Catalog> {
        let sources = coordinators(self.connection);
        let mark = self.mark;
        self.take(
            BackupPart::Catalog,
            |_| Ok(sources.clone()),
            |bytes| read_catalog(bytes, mark, index),
        )
    }

    /// A replica at the mark, from whichever node has a whole one.
    fn partition(&mut self, partition: PartitionId, catalog: &Catalog) -> anyhow::Result<()> {
        let part = BackupPart::Partition(partition);
        let sources = |connection: &Connection| nodes_with(partition, connection);
        self.take(part, sources, |bytes| read_replica(bytes, partition, catalog).map(drop))
    }

    /// Asks sources until one gives a part that is what it must be, and writes it.
    fn take<T>(
        &mut self,
        part: BackupPart,
        sources: impl Fn(&Connection) -> anyhow::Result<Vec<Source>>,
        read: impl Fn(&[u8]) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut last = anyhow::anyhow!("nobody has it");
        loop {
            for source in sources(self.connection)? {
                let bytes = match self.fetch(part, &source) {
                    Ok(Some(bytes)) => bytes,
                    Ok(None) => continue,
                    Err(error) => {
                        last = error;
                        continue;
                    }
                };
                match read(&bytes) {
                    Ok(content) => {
                        self.keep(part, &bytes, &source)?;
                        return Ok(content);
                    }
                    Err(error) => last = error.context(source.name()),
                }
            }
            if Instant::now() >= self.until {
                return Err(last).with_context(|| {
                    format!(
                        "{part} cannot be had in time: look at `tanba cluster status`, then try \
                         again"
                    )
                });
            }
            self.connection.pause(LOOK_EVERY);
        }
    }

    /// A part from a source, if that keeps it by now.
    fn fetch(&self, part: BackupPart, source: &Source) -> anyhow::Result<Option<Vec<u8>>> {
        let connection = self.connection;
        connection.wait(async {
            let Source { role, address, .. } = source;
            let client = BackupClient::new(&connection.security, address, *role, random())?;
            let kept = client.parts(self.mark).await?;
            let Some((_, bytes)) = kept.into_iter().find(|(kept, _)| *kept == part) else {
                return Ok(None);
            };
            let mut content = Vec::with_capacity(bytes.min(1 << 30) as usize);
            client.fetch(self.mark, part, &mut content, |_| {}).await?;
            Ok(Some(content))
        })
    }

    fn keep(&mut self, part: BackupPart, bytes: &[u8], source: &Source) -> anyhow::Result<()> {
        let name = part.to_string();
        write(&self.building.path.join(&name), bytes)?;
        self.parts.push(ManifestPart {
            name,
            bytes: bytes.len() as u64,
            sha256: sha256(bytes),
            from: source.name(),
        });
        Ok(())
    }

    /// Has all processes let go of what they kept.
    fn release(&self, output: &Output) {
        let connection = self.connection;
        let coordinators = coordinators(connection);
        let nodes = connection.wait(connection.client.status()).map(|status| status.nodes);
        let reachable = nodes.unwrap_or_default().into_iter().filter(|n| !n.address.is_empty());
        for source in coordinators.into_iter().chain(reachable.map(Source::node)) {
            let Source { role, address, .. } = &source;
            let released = connection.wait(async {
                let client = BackupClient::new(&connection.security, address, *role, random())?;
                client.release(self.mark).await
            });
            if let Err(error) = released {
                let name = source.name();
                output.warning(format!(
                    "{name} keeps its parts until it starts again or the next backup: {error}"
                ));
            }
        }
    }

    fn manifest(&self, catalog: &Catalog) -> Manifest {
        Manifest {
            format: format_now(),
            cluster: self.connection.file.name.clone(),
            id: format!("{:032x}", catalog.cluster().0),
            generation: catalog.generation().0,
            mark: format!("{:016x}", self.mark),
            index: catalog.applied(),
            time_ms: catalog.time_ms(),
            encounters: catalog.encounters().len() as u64,
            erasures: catalog.erasures().len() as u64,
            parts: self.parts.clone(),
        }
    }
}

/// A process that may keep a part.
#[derive(Clone)]
struct Source {
    role: Role,
    id: u64,
    address: String,
}

impl Source {
    fn node(node: v1::NodeStatus) -> Self {
        Self { role: Role::Node, id: node.node, address: node.address }
    }

    fn name(&self) -> String {
        format!("{} {}", self.role, self.id)
    }
}

/// Nodes that have a whole replica and can be reached.
fn nodes_with(partition: PartitionId, connection: &Connection) -> anyhow::Result<Vec<Source>> {
    let status = connection.wait(connection.client.status())?;
    let wanted = u32::from(partition.0);
    let row = status.partitions.iter().find(|row| row.partition == wanted);
    let replicas = row.into_iter().flat_map(|row| &row.replicas).filter(|r| r.is_complete);
    let ids: Vec<u64> = replicas.map(|replica| replica.node).collect();
    let nodes = status.nodes.into_iter();
    let reachable = nodes.filter(|node| ids.contains(&node.node) && !node.address.is_empty());
    Ok(reachable.map(Source::node).collect())
}

fn coordinators(connection: &Connection) -> Vec<Source> {
    let source = |(id, at): (&CoordinatorId, &SocketAddr)| Source {
        role: Role::Coordinator,
        id: id.0,
        address: at.to_string(),
    };
    connection.file.coordinators.iter().map(source).collect()
}

impl Created {
    fn text(&self) -> String {
        let Self { backup, cluster, encounters, partitions, bytes, .. } = self;
        let encounters = counted(*encounters, ["encounter", "encounters"]);
        let Some(index) = self.index else {
            return format!(
                "{backup}: would be made, with {encounters} of {cluster} in {partitions} \
                 partitions\n"
            );
        };
        format!(
            "{backup}: {cluster} at {index}, {encounters} in {partitions} partitions, \
             {bytes} bytes\n\
             read it once more: tanba backup verify {backup}\n"
        )
    }
}
