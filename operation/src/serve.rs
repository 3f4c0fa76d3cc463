//! `tanba serve`: a cluster of one coordinator and one node, in one process and one folder.
//!
//! It is a cluster like any other, with the same log, audit, duplicate checks, certificates and
//! commands, and it can grow by further nodes and coordinators. It survives a crash, not the loss
//! of its disk.

use crate::connection::{Connection, ConnectionArguments, random};
use crate::coordinator;
use crate::file::ClusterFile;
use crate::node;
use crate::probes::Probes;
use crate::serving::{ServingArguments, runtime, seconds_now, told_to_stop};
use ::coordinator::Founding;
use ::coordinator::command::{Outcome, Policy};
use anyhow::{Context, bail, ensure};
use proto::v1;
use replication::{ClusterId, CoordinatorId, Generation};
use serde::Serialize;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use terminal::output::{Exit, Output, write_file};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use transport::certificates::{Issue, init, issue};
use transport::{Change, Client, Credentials, Role, Security};

/// Arguments of `tanba serve`.
#[derive(clap::Args)]
#[command(after_help = "\
The first start makes everything in the folder: an authority, certificates, the cluster file, and
the folders of a coordinator and a node. Stop it with Ctrl-C or SIGTERM; start it again the same
way.

Examples:
  tanba serve --data office
  tanba serve --data office --listen 10.0.0.1:7100 --node-listen 10.0.0.1:7200 \\
      --metrics 127.0.0.1:9101
  tanba enroll prints --cluster office/cluster.toml
  tanba identify found.png --cluster office/cluster.toml --purpose 3
  tanba cluster doctor --cluster office/cluster.toml")]
pub struct Arguments {
    /// The folder of everything.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where the coordinator listens; counts at the first start, then the cluster file does.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7100")]
    listen: SocketAddr,
    /// Where the node listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7200")]
    node_listen: SocketAddr,
    #[command(flatten)]
    serving: ServingArguments,
}

/// Both have the same id; ids of different roles have nothing to do with each other.
const ID: u64 = 1;
/// Parts of the gallery: enough for some machines, should it grow.
const PARTITIONS: u16 = 16;
/// Changes kept for replicas that are behind.
const RETENTION_BYTES: u64 = 1 << 30;
/// A new person in a thousand is held where a million are enrolled.
const DUPLICATE_RARITY: u32 = 9000;
/// Until the node is one of the cluster.
const BEGIN_WITHIN: Duration = Duration::from_secs(60);

/// Where everything is.
struct Layout<'a>(&'a Path);

impl Layout<'_> {
    fn file(&self) -> PathBuf {
        self.0.join("cluster.toml")
    }

    fn authority(&self) -> PathBuf {
        self.0.join("authority")
    }

    fn certificates(&self, role: Role) -> PathBuf {
        self.0.join(certificates(role))
    }

    fn data(&self, role: Role) -> PathBuf {
        self.0.join(role.name())
    }
}

/// Beside the cluster file.
fn certificates(role: Role) -> String {
    format!("certs/{role}-{ID}")
}

/// Makes what is missing and serves until it is told to stop.
pub fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let is_new = prepare(&arguments.data, arguments.listen)?;
    let served = runtime()?.block_on(async {
        let probes = arguments.serving.start()?;
        let (stop, stopped) = watch::channel(false);
        let serving = serve(&arguments.data, arguments.node_listen, &probes, stopped);
        let telling = async {
            ready(&arguments.data).await?;
            say(arguments, is_new, output)?;
            told_to_stop().await.context("signals cannot be waited for")?;
            // Whoever does not listen any more has ended.
            let _ = stop.send(true);
            Ok(())
        };
        tokio::try_join!(serving, telling).map(drop)
    });
    served.map(|()| Exit::Found.into())
}

#[derive(Serialize)]
struct Ready {
    cluster_file: String,
    is_new: bool,
}

fn say(arguments: &Arguments, is_new: bool, output: &Output) -> anyhow::Result<()> {
    let cluster_file = Layout(&arguments.data).file().display().to_string();
    output.answer(&Ready { cluster_file, is_new }, |ready| {
        let file = &ready.cluster_file;
        let made = if is_new { "made and serves" } else { "serves" };
        format!(
            "{}: {made}\n\
             enroll:  tanba enroll PRINTS --cluster {file}\n\
             search:  tanba identify PRINT --cluster {file} --purpose 1\n\
             look:    tanba cluster doctor --cluster {file}\n",
            arguments.data.display()
        )
    })
}

/// Makes what is not there yet, the cluster file last; whether it was new.
///
/// # Errors
/// When something cannot be written, or is there without a cluster file.
pub fn prepare(data: &Path, listen: SocketAddr) -> anyhow::Result<bool> {
    let layout = Layout(data);
    if layout.file().exists() {
        return Ok(false);
    }
    let is_empty = std::fs::read_dir(data).map_or(Ok(true), |mut found| match found.next() {
        None => Ok(true),
        Some(entry) => entry.map(|_| false),
    });
    ensure!(
        is_empty.with_context(|| data.display().to_string())?,
        "{} holds something and no cluster file: give a new folder, or remove what a first start \
         left that was interrupted",
        data.display()
    );
    let file = new_file(listen);
    let text = file.checked_text()?;
    make_certificates(&layout, &file.name)?;
    coordinator::found_in(
        &layout.data(Role::Coordinator),
        CoordinatorId(ID),
        &file,
        &::coordinator::Catalog::found(&file.founding),
    )?;
    ::node::shell::begin(&layout.data(Role::Node), file.founding.cluster, replication::NodeId(ID))?;
    write_file(&layout.file(), text.as_bytes())?;
    Ok(true)
}

fn new_file(listen: SocketAddr) -> ClusterFile {
    let policy = Policy {
        replication: 1,
        min_durable: 1,
        retention_bytes_max: RETENTION_BYTES,
        dedup_rarity: DUPLICATE_RARITY,
    };
    let founding = Founding { cluster: ClusterId(random()), partitions: PARTITIONS, policy };
    ClusterFile {
        name: "local".to_owned(),
        founding,
        generation: Generation(1),
        coordinators: [(CoordinatorId(ID), listen)].into(),
        certificates: Some(certificates(Role::Operator).into()),
    }
}

fn make_certificates(layout: &Layout<'_>, name: &str) -> anyhow::Result<()> {
    const DAYS: u32 = 3650;
    let (authority, now) = (layout.authority(), seconds_now());
    init(&authority, name, now)?;
    for role in [Role::Coordinator, Role::Node, Role::Operator] {
        let asked = Issue { authority: &authority, role, id: ID, days: DAYS, now };
        issue(asked, &layout.certificates(role))?;
    }
    Ok(())
}

/// A cluster of one in this process, until it is stopped or dropped.
pub struct Running {
    connection: Connection,
    stop: watch::Sender<bool>,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Makes what is missing in the folder and starts, on free ports of this machine.
    ///
    /// # Errors
    /// When the folder cannot be used, or it is not ready in time.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        let free = || -> anyhow::Result<SocketAddr> {
            let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
            Ok(listener.local_addr()?)
        };
        let node_listen = free()?;
        prepare(data, free()?)?;
        let layout = Layout(data);
        let options = ConnectionArguments::of_folder(layout.certificates(Role::Operator));
        let connection = options.connect(&layout.file())?;
        let (stop, stopped) = watch::channel(false);
        let folder = data.to_owned();
        let serving = connection
            .runtime
            .spawn(async move { serve(&folder, node_listen, &Probes::new(), stopped).await });
        connection.wait(ready(data))?;
        Ok(Self { connection, stop, serving })
    }

    /// A connection to it, as its operator.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Stops it and waits for its end.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub fn stop(self) -> anyhow::Result<()> {
        // Whoever does not listen any more has ended.
        let _ = self.stop.send(true);
        self.connection.wait(self.serving).context("a thread of it failed")?
    }
}

/// Runs both until told to stop, or until one ends. Within a tokio runtime.
///
/// # Errors
/// When one cannot start or ends by itself; both have ended then.
pub(crate) async fn serve(
    data: &Path,
    node_listen: SocketAddr,
    probes: &Probes,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let layout = Layout(data);
    let of = |role| (layout.file(), layout.data(role), layout.certificates(role));
    let coordinator = coordinator::Serve::new(ID, of(Role::Coordinator));
    let node = node::Serve::new(ID, of(Role::Node), node_listen);
    tokio::try_join!(
        coordinator.serve(probes.another(), until_told(stopped.clone())),
        node.serve(probes.another(), until_told(stopped)),
    )
    .map(drop)
}

async fn until_told(mut stopped: watch::Receiver<bool>) -> std::io::Result<()> {
    // Whoever would tell is gone: that is an end, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
    Ok(())
}

/// Waits until the node is one of the cluster and holds what it is to hold.
pub(crate) async fn ready(data: &Path) -> anyhow::Result<()> {
    match tokio::time::timeout(BEGIN_WITHIN, become_ready(data)).await {
        Ok(done) => done,
        Err(_) => bail!("not ready within {} s: see above", BEGIN_WITHIN.as_secs()),
    }
}

async fn become_ready(data: &Path) -> anyhow::Result<()> {
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    let layout = Layout(data);
    let file = ClusterFile::read(&layout.file())?;
    let own = Credentials::load(&layout.certificates(Role::Operator))?;
    let security = Security::Mutual(Box::new(own));
    let client = Client::new(&file.servers(), &security, BEGIN_WITHIN, Box::new(random))?;
    let incarnation = ::node::shell::identity(&layout.data(Role::Node))?.incarnation;
    let register = v1::RegisterNode { node: ID, incarnation, site: 0, capacity: 1 };
    let done = client.administer(Change::RegisterNode(register)).await?;
    match done.outcome {
        Outcome::Applied | Outcome::AlreadyApplied(_) => {}
        other => bail!("the node is not taken: {other:?}"),
    }
    let mut turn = tokio::time::interval(LOOK_EVERY);
    loop {
        turn.tick().await;
        let status = client.status().await?;
        let is_there = |partition: &v1::PartitionStatus| {
            !partition.target.is_empty()
                && partition
                    .target
                    .iter()
                    .all(|node| partition.replicas.iter().any(|r| r.node == *node && r.is_complete))
        };
        if status.partitions.iter().all(is_there) && status.nodes.iter().any(|node| node.is_live) {
            return Ok(());
        }
    }
}
