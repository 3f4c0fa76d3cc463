//! `tanba node`: a process that holds parts of the gallery and scans them.

use crate::connection::SecurityArguments;
use crate::file::ClusterFile;
use crate::kept::Kept;
use crate::metrics;
use crate::probes::Probes;
use crate::serving::{
    LOOK_EVERY, QUEUE_BYTES_MAX, RELEASE, Server, ServingArguments, runtime, told_to_stop,
    watch_disk,
};
use anyhow::{Context, ensure};
use coordinator::catalog::FOUNDED_AT;
use node::shell::{Handle, Links, Runtime, RuntimeConfig, begin, identity};
use replication::{CoordinatorId, FromNode, HostSettings, NodeId, NodeIdentity, ToNode};
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use terminal::output::{Exit, Output};
use transport::{BackupService, Health, NodeLinks, NodeLinksSettings, Role, Security};

/// Arguments of `tanba node`.
#[derive(clap::Args)]
#[command(after_help = "\
A node begins once in a new folder, is started with `serve`, and holds nothing until it is added to
the cluster. A node whose disk was lost begins anew under a new id.

Examples:
  tanba node begin --cluster cluster.toml --id 4 --data /var/lib/tanba/node
  tanba node serve --cluster cluster.toml --id 4 --data /var/lib/tanba/node \\
      --listen 10.0.0.4:7204 --certificates /etc/tanba/certs
  tanba cluster nodes add 4 --cluster cluster.toml")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Begin the folder of a node.
    Begin(Begin),
    /// Run a node until it is told to stop.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Begin {
    /// The cluster file.
    #[arg(long, value_name = "FILE")]
    cluster: PathBuf,
    /// Which node; ids are never used twice.
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
    id: u64,
    /// Its folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    begin: Begin,
    /// Where to listen, and where the other nodes reach this one.
    #[arg(long, value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// Where the other nodes reach this one, when it is not where it listens.
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Option<String>,
    /// How much it can hold, relative to the other nodes.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    capacity: u32,
    #[command(flatten)]
    security: SecurityArguments,
    #[command(flatten)]
    serving: ServingArguments,
}

/// What was begun.
#[derive(Serialize)]
struct Begun {
    node: u64,
    cluster: String,
    incarnation: String,
    data: String,
}

/// Begins or serves.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Begin(begin) => begin.run(output)?,
        Command::Serve(serve) => runtime()?.block_on(serve.run())?,
    }
    Ok(Exit::Found.into())
}

impl Begin {
    fn run(&self, output: &Output) -> anyhow::Result<()> {
        let file = ClusterFile::read(&self.cluster)?;
        let identity = begin(&self.data, file.founding.cluster, NodeId(self.id))?;
        let begun = Begun {
            node: self.id,
            cluster: file.name,
            incarnation: format!("{:016x}", identity.incarnation),
            data: self.data.display().to_string(),
        };
        output.answer(&begun, |begun| {
            let Begun { node, cluster, incarnation, data } = begun;
            format!(
                "node {node} of {cluster} begins in {data}, incarnation {incarnation}\n\
                 start it, then add it: tanba cluster nodes add {node}\n"
            )
        })
    }
}

/// The links of a node, as its core sends through them.
struct Sending(Arc<NodeLinks>);

impl Links for Sending {
    fn to_coordinator(&self, to: CoordinatorId, message: FromNode) {
        self.0.to_coordinator(to, message);
    }

    fn to_node(&self, to: NodeId, message: ToNode) {
        self.0.to_node(to, message);
    }
}

impl Serve {
    /// One that listens there; of a cluster file, its folder, and that of its certificates.
    pub(crate) fn new(
        id: u64,
        (cluster, data, certificates): (PathBuf, PathBuf, PathBuf),
        listen: SocketAddr,
    ) -> Self {
        Self {
            begin: Begin { cluster, id, data },
            listen,
            advertise: None,
            capacity: 1,
            security: SecurityArguments::of_folder(certificates),
            serving: ServingArguments::default(),
        }
    }

    async fn run(&self) -> anyhow::Result<()> {
        let probes = self.serving.start()?.another();
        self.serve(probes, told_to_stop()).await
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// When it cannot start or ends by itself.
    pub(crate) async fn serve(
        &self,
        probes: Probes,
        told_to_stop: impl Future<Output = io::Result<()>>,
    ) -> anyhow::Result<()> {
        let Begin { cluster, id, data } = &self.begin;
        let file = ClusterFile::read(cluster)?;
        let identity = identity(data)?;
        ensure!(
            identity.cluster == file.founding.cluster,
            "{} is the folder of a node of another cluster",
            data.display()
        );
        let security = self.security.open_as(&file, Role::Node, *id)?;
        let links = NodeLinks::start(self.links_settings(&file), security.clone())?;
        let kept = Kept::start(data).context("no thread can be started")?;
        let kept = Arc::new(kept);
        let handle = self.start(&file, identity, &links, kept.clone())?;
        let health = Health::not_ready().await;
        let backups = BackupService::new(kept, security.clone());
        let router = router(&security, self.listen, &links, &health)?;
        let router = router.add_service(backups.service());
        let mut server = Server::start(self.listen, router).await?;
        tracing::info!(node = id, cluster = file.name, "a node serves");
        let looking =
            tokio::spawn(look(handle.clone(), links.clone(), health.clone(), probes.clone()));
        let telling = handle.clone();
        let watching = tokio::spawn(watch_disk(data.clone(), move |room| {
            telling.disk(room);
        }));
        tokio::select! {
            exit = handle.closed() => return Err(exit).context("the node ended"),
            error = server.ended() => return Err(error),
            stop = told_to_stop => stop.context("signals cannot be waited for")?,
        }
        looking.abort();
        watching.abort();
        health.set_ready(false).await;
        probes.saw(handle.status().ticks, Some("it was told to stop".to_owned()));
        handle.stop();
        handle.closed().await;
        links.stop();
        server.stop().await;
        Ok(())
    }

    fn links_settings(&self, file: &ClusterFile) -> NodeLinksSettings {
        let coordinators = file.coordinators.iter().map(|(id, at)| (*id, at.to_string()));
        NodeLinksSettings {
            id: NodeId(self.begin.id),
            cluster: file.founding.cluster,
            generation: file.generation,
            terms: file.terms(node::shell::scoring(), RELEASE),
            address: self.advertise.clone().unwrap_or_else(|| self.listen.to_string()),
            coordinators: coordinators.collect(),
            queue_bytes_max: QUEUE_BYTES_MAX,
        }
    }

    fn start(
        &self,
        file: &ClusterFile,
        identity: NodeIdentity,
        links: &Arc<NodeLinks>,
        kept: Arc<Kept>,
    ) -> anyhow::Result<Handle> {
        let wanted = NodeIdentity { node: NodeId(self.begin.id), ..identity };
        let coordinators = file.coordinators.keys().copied().collect();
        let generation = file.generation;
        let mut settings = HostSettings::new(wanted, generation, FOUNDED_AT, coordinators);
        settings.capacity = self.capacity;
        let config = RuntimeConfig::new(settings, self.begin.data.clone());
        let config = RuntimeConfig { keep: kept, ..config };
        let handle = Runtime::spawn(config, Arc::new(Sending(links.clone())))?;
        let taking = handle.clone();
        links.deliver_to(Box::new(move |from, message| taking.deliver(from, message)));
        Ok(handle)
    }
}

fn router(
    security: &Security,
    address: SocketAddr,
    links: &Arc<NodeLinks>,
    health: &Health,
) -> anyhow::Result<tonic::transport::server::Router> {
    Ok(security.server(address)?.add_service(links.service()).add_service(health.service()))
}

/// Says again and again how the node stands.
async fn look(handle: Handle, links: Arc<NodeLinks>, health: Health, probes: Probes) {
    let mut turn = tokio::time::interval(LOOK_EVERY);
    loop {
        turn.tick().await;
        let connected = links.coordinators_connected();
        let status = handle.status();
        metrics::node(&status, connected);
        let alone = || "no coordinator is connected".to_owned();
        probes.saw(status.ticks, (connected == 0).then(alone));
        health.set_ready(connected > 0).await;
    }
}
