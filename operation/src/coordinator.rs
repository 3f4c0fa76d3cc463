//! `tanba coordinator`: a process that agrees with the others on what the gallery holds.

use crate::connection::SecurityArguments;
use crate::disks::Disks;
use crate::file::ClusterFile;
use crate::kept::Kept;
use crate::metrics;
use crate::probes::Probes;
use crate::serving::{
    LOOK_EVERY, QUEUE_BYTES_MAX, RELEASE, Server, ServingArguments, runtime, seconds_now,
    told_to_stop, watch_disk,
};
use anyhow::{Context, bail};
use coordinator::catalog::FOUNDED_AT;
use coordinator::shell::{Handle, Runtime, RuntimeConfig, found, found_from, join};
use coordinator::{Catalog, Input, Request, Settings};
use replication::CoordinatorId;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use terminal::output::{Exit, Output};
use transport::{
    BackupService, CoordinatorDesk, CoordinatorLinks, CoordinatorLinksSettings, Health,
    PublicService, Role, Security, Speaker, reflection,
};

/// A leader that is told to stop hands over within this time, or an election is needed.
const HAND_OVER: Duration = Duration::from_secs(2);

/// Arguments of `tanba coordinator`.
#[derive(clap::Args)]
#[command(after_help = "\
Three or five coordinators keep one log. Each begins once with `found`, or with `join` in a cluster
that runs already, and is then started with `serve`.

Examples:
  tanba coordinator found --cluster cluster.toml --id 1 --data /var/lib/tanba/coordinator
  tanba coordinator serve --cluster cluster.toml --id 1 --data /var/lib/tanba/coordinator \\
      --certificates /etc/tanba/certs --metrics 127.0.0.1:9101
  tanba coordinator join --cluster cluster.toml --id 4 --data /var/lib/tanba/coordinator")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Begin the folder of a coordinator of a new cluster.
    ///
    /// All coordinators that the cluster file names are founders; each begins with the same file.
    Found(Begin),
    /// Begin the folder of a coordinator that learns everything from the others.
    ///
    /// Then add it: tanba cluster coordinators add ID.
    Join(Begin),
    /// Run a coordinator until it is told to stop.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Begin {
    /// The cluster file.
    #[arg(long, value_name = "FILE")]
    cluster: PathBuf,
    /// Which coordinator, as in the cluster file.
    #[arg(long, value_name = "ID")]
    id: u64,
    /// Its folder, which must be new.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    begin: Begin,
    /// Where to listen, when it is not what the cluster file says.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    security: SecurityArguments,
    #[command(flatten)]
    serving: ServingArguments,
}

/// What was begun.
#[derive(Serialize)]
struct Begun {
    coordinator: u64,
    cluster: String,
    data: String,
    founders: Vec<u64>,
}

/// Begins or serves.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Found(begin) => begin.run(true, output),
        Command::Join(begin) => begin.run(false, output),
        Command::Serve(serve) => {
            let served = runtime()?.block_on(serve.run());
            if let Err(error) = &served
                && error.downcast_ref() == Some(&coordinator::shell::Exit::Halted)
            {
                // Whoever starts processes must tell this one from those that may start again.
                output.error(error);
                return Ok(Exit::Halted.into());
            }
            served.map(|()| Exit::Found.into())
        }
    }
}

/// Begins the folder of a coordinator of a cluster that is founded from a state that was there
/// before.
///
/// # Errors
/// When the folder is not empty or cannot be written.
pub(crate) fn found_in(
    data: &Path,
    id: CoordinatorId,
    file: &ClusterFile,
    catalog: &Catalog,
) -> anyhow::Result<()> {
    let begin = Begin { cluster: PathBuf::new(), id: id.0, data: data.to_owned() };
    std::fs::create_dir_all(data)
        .with_context(|| format!("{} cannot be created", data.display()))?;
    found_from(&begin.log(), catalog, file.coordinators.keys().copied())?;
    Disks::begin(data)?;
    begin.write_name(file)
}

impl Begin {
    fn run(&self, is_founder: bool, output: &Output) -> anyhow::Result<ExitCode> {
        let file = ClusterFile::read(&self.cluster)?;
        file.address_of(self.id())?;
        let log = self.log();
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("{} cannot be created", self.data.display()))?;
        let founders: Vec<CoordinatorId> = match is_founder {
            true => file.coordinators.keys().copied().collect(),
            false => Vec::new(),
        };
        match is_founder {
            true => found(&log, &file.founding, founders.iter().copied())?,
            false => join(&log)?,
        }
        Disks::begin(&self.data)?;
        self.write_name(&file)?;
        let begun = Begun {
            coordinator: self.id,
            cluster: file.name,
            data: self.data.display().to_string(),
            founders: founders.iter().map(|id| id.0).collect(),
        };
        output.answer(&begun, |begun| {
            let next = match is_founder {
                true => format!("start it: tanba coordinator serve --id {}", begun.coordinator),
                false => format!(
                    "start it, then add it: tanba cluster coordinators add {}",
                    begun.coordinator
                ),
            };
            format!(
                "coordinator {} of {} begins in {}\n{next}\n",
                self.id, begun.cluster, begun.data
            )
        })?;
        Ok(Exit::Found.into())
    }

    fn id(&self) -> CoordinatorId {
        CoordinatorId(self.id)
    }

    fn log(&self) -> PathBuf {
        self.data.join("log")
    }

    /// What the folder says whose it is.
    fn name(&self, file: &ClusterFile) -> String {
        format!("coordinator {} of {} {:032x}\n", self.id, file.name, file.founding.cluster.0)
    }

    fn write_name(&self, file: &ClusterFile) -> anyhow::Result<()> {
        let path = self.data.join(NAME);
        terminal::output::write_file(&path, self.name(file).as_bytes())
    }

    /// Refuses the folder of another coordinator: two that go on from one log would both vote.
    fn check_name(&self, file: &ClusterFile) -> anyhow::Result<()> {
        let path = self.data.join(NAME);
        let found = std::fs::read_to_string(&path).with_context(|| {
            format!("{}: begin with `tanba coordinator found` or `join`", path.display())
        })?;
        if found != self.name(file) {
            bail!("{} is the folder of {}", self.data.display(), found.trim());
        }
        Ok(())
    }
}

/// The file that says whose a folder is.
const NAME: &str = "coordinator";

impl Serve {
    /// One that listens where its cluster file says; of a cluster file, its folder, and that of its
    /// certificates.
    pub(crate) fn new(id: u64, (cluster, data, certificates): (PathBuf, PathBuf, PathBuf)) -> Self {
        Self {
            begin: Begin { cluster, id, data },
            listen: None,
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
        let id = self.begin.id();
        let file = ClusterFile::read(&self.begin.cluster)?;
        let address = self.listen.map_or_else(|| file.address_of(id), Ok)?;
        self.begin.check_name(&file)?;
        let security = self.security.open_as(&file, Role::Coordinator, id.0)?;
        let disks = Disks::open(&self.begin.data)?;
        let links = CoordinatorLinks::start(links_settings(id, &file, disks), security.clone())?;
        let kept = Kept::start(&self.begin.data).context("no thread can be started")?;
        let kept = Arc::new(kept);
        let handle = start(id, &file, &self.begin.log(), &links, kept.clone())?;
        check_generation(&handle, &file)?;
        let health = Health::not_ready().await;
        let backups = BackupService::new(kept, security.clone());
        let router = router((&security, address), &file, &handle, &links, &health)?;
        let router = router.add_service(backups.service());
        let mut server = Server::start(address, router).await?;
        tracing::info!(coordinator = id.0, cluster = file.name, "a coordinator serves");
        let looking = tokio::spawn(look(handle.clone(), health.clone(), probes.clone()));
        let telling = handle.clone();
        let watching = tokio::spawn(watch_disk(self.begin.data.clone(), move |room| {
            telling.deliver(Input::Disk(room));
        }));
        tokio::select! {
            exit = handle.closed() => return Err(exit).context("the coordinator ended"),
            error = server.ended() => return Err(error),
            stop = told_to_stop => stop.context("signals cannot be waited for")?,
        }
        looking.abort();
        watching.abort();
        health.set_ready(false).await;
        probes.saw(handle.status().ticks, Some("it was told to stop".to_owned()));
        hand_over(&handle).await;
        server.stop().await;
        links.stop();
        handle.stop();
        handle.closed().await;
        Ok(())
    }
}

fn links_settings(id: CoordinatorId, file: &ClusterFile, disks: Disks) -> CoordinatorLinksSettings {
    let others = file.coordinators.iter().filter(|(other, _)| **other != id);
    CoordinatorLinksSettings {
        id,
        cluster: file.founding.cluster,
        generation: file.generation,
        incarnation: disks.own(),
        is_known: Box::new(move |id, incarnation| disks.is_known(id, incarnation)),
        terms: file.terms(node::shell::scoring(), RELEASE),
        peers: others.map(|(id, at)| (*id, at.to_string())).collect(),
        queue_bytes_max: QUEUE_BYTES_MAX,
    }
}

/// Who signs receipts. Nodes that score otherwise are not let in.
fn speaker(file: &ClusterFile) -> Speaker {
    let scoring = node::shell::scoring();
    Speaker {
        cluster: file.founding.cluster,
        generation: file.generation,
        release: format!("{RELEASE}, scoring {scoring:016x}"),
    }
}

fn start(
    id: CoordinatorId,
    file: &ClusterFile,
    log: &Path,
    links: &Arc<CoordinatorLinks>,
    kept: Arc<Kept>,
) -> anyhow::Result<Handle> {
    let settings = Settings::new(id, file.founding);
    let config = RuntimeConfig { keep: kept, ..RuntimeConfig::new(settings, log.to_owned()) };
    let handle = Runtime::spawn(config, links.clone())?;
    let taking = handle.clone();
    links.deliver_to(Box::new(move |input| taking.deliver(input)));
    Ok(handle)
}

/// Refuses a folder and a cluster file of different generations. One that joined and has learned
/// nothing yet has none.
fn check_generation(handle: &Handle, file: &ClusterFile) -> anyhow::Result<()> {
    let status = handle.status();
    if status.applied > FOUNDED_AT && status.generation != file.generation {
        bail!(
            "this is generation {} of the cluster, and the cluster file is of generation {}: take \
             the file that `tanba backup restore` wrote with the folder",
            status.generation.0,
            file.generation.0
        );
    }
    Ok(())
}

fn router(
    (security, address): (&Security, SocketAddr),
    file: &ClusterFile,
    handle: &Handle,
    links: &Arc<CoordinatorLinks>,
    health: &Health,
) -> anyhow::Result<tonic::transport::server::Router> {
    let desk = Arc::new(CoordinatorDesk::new(handle.clone(), links.clone()));
    let public = PublicService::new(desk, security.clone(), speaker(file), seconds_now);
    Ok(security
        .server(address)?
        .add_service(links.service())
        .add_service(public.registration())
        .add_service(public.administration())
        .add_service(health.service())
        .add_service(reflection()))
}

/// Says again and again how the coordinator stands.
async fn look(handle: Handle, health: Health, probes: Probes) {
    let mut turn = tokio::time::interval(LOOK_EVERY);
    loop {
        turn.tick().await;
        let status = handle.status();
        metrics::coordinator(&status);
        let not_ready = match (status.leader, status.is_ready()) {
            (_, true) => None,
            (None, _) => Some("no leader is known".to_owned()),
            _ => Some("the log is not applied yet".to_owned()),
        };
        probes.saw(status.ticks, not_ready);
        health.set_ready(status.is_ready()).await;
    }
}

/// A leader asks another voter to lead, and waits a moment until one does.
async fn hand_over(handle: &Handle) {
    let status = handle.status();
    if status.leader != Some(status.id) || status.membership.voters.len() < 2 {
        return;
    }
    handle.request(Request::HandOver, HAND_OVER).await;
    let handed_over = async {
        let mut turn = tokio::time::interval(LOOK_EVERY);
        while handle.status().leader == Some(status.id) {
            turn.tick().await;
        }
    };
    match tokio::time::timeout(HAND_OVER, handed_over).await {
        Ok(()) => tracing::info!("leadership was handed over"),
        Err(_) => tracing::warn!("leadership was not handed over in time"),
    }
}
