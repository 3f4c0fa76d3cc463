//! A connection of a command to a cluster.

use super::file::ClusterFile;
use anyhow::{Context, bail};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;
use transport::{Client, Credentials, Role, Security};

/// Which certificates to show.
#[derive(Debug, Clone, clap::Args)]
pub struct SecurityArguments {
    /// The folder with the certificate to show; otherwise the one that the cluster file names.
    #[arg(long, value_name = "DIR", help_heading = "Cluster")]
    certificates: Option<PathBuf>,
    /// Without certificates and encryption; on loopback addresses only.
    #[arg(long, conflicts_with = "certificates", help_heading = "Cluster")]
    plain: bool,
}

impl SecurityArguments {
    /// The certificates of a folder.
    pub(crate) fn of_folder(folder: PathBuf) -> Self {
        Self { certificates: Some(folder), plain: false }
    }

    /// Loads them.
    ///
    /// # Errors
    /// When there are none, or they are of another cluster.
    pub fn open(&self, file: &ClusterFile) -> anyhow::Result<Security> {
        if self.plain {
            return Ok(Security::Plain);
        }
        let credentials = Credentials::load(self.folder(file)?)?;
        Ok(Security::Mutual(Box::new(of_cluster(credentials, file)?)))
    }

    /// Loads those of a process, which must be of that very one.
    ///
    /// # Errors
    /// When there are none, or they are of anybody else.
    pub fn open_as(&self, file: &ClusterFile, role: Role, id: u64) -> anyhow::Result<Security> {
        if self.plain {
            return Ok(Security::Plain);
        }
        let credentials = Credentials::load(self.folder(file)?)?.expect(role, id)?;
        Ok(Security::Mutual(Box::new(of_cluster(credentials, file)?)))
    }

    fn folder<'a>(&'a self, file: &'a ClusterFile) -> anyhow::Result<&'a Path> {
        let folder = self.certificates.as_ref().or(file.certificates.as_ref());
        folder.map(PathBuf::as_path).context(
            "no certificate is given: name a folder made by `tanba certs issue` with \
             --certificates, or in the cluster file",
        )
    }
}

fn of_cluster(credentials: Credentials, file: &ClusterFile) -> anyhow::Result<Credentials> {
    let found = credentials.identity();
    if found.cluster() != file.name {
        bail!("the certificate is that of {found}, but the cluster is named {}", file.name);
    }
    Ok(credentials)
}

/// Which cluster to talk to, for commands that do nothing else.
#[derive(Debug, Clone, clap::Args)]
pub struct ClusterArguments {
    /// The cluster file.
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    pub cluster: PathBuf,
    #[command(flatten)]
    pub(crate) options: ConnectionArguments,
}

/// Which cluster to talk to, for commands that can also work on a folder.
#[derive(Debug, Clone, clap::Args)]
pub struct MaybeCluster {
    /// Work on a cluster instead of a folder: its cluster file.
    #[arg(long, value_name = "FILE", conflicts_with = "data", help_heading = "Cluster")]
    pub cluster: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: ConnectionArguments,
}

impl MaybeCluster {
    /// A connection to the cluster that is named; `None` when none is.
    ///
    /// # Errors
    /// When the file or the certificates cannot be used.
    pub fn connect(&self) -> anyhow::Result<Option<Connection>> {
        self.cluster.as_ref().map(|file| self.options.connect(file)).transpose()
    }
}

/// How to talk to it.
#[derive(Debug, Clone, clap::Args)]
pub struct ConnectionArguments {
    #[command(flatten)]
    pub(crate) security: SecurityArguments,
    /// How long to try, coordinator after coordinator, before giving up.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, help_heading = "Cluster",
          value_parser = clap::value_parser!(u16).range(1..=600))]
    timeout_s: u16,
}

impl ClusterArguments {
    /// Connects when first asked.
    ///
    /// # Errors
    /// When the file or the certificates cannot be used.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        self.options.connect(&self.cluster)
    }
}

impl ConnectionArguments {
    /// With the certificates of a folder.
    pub(crate) fn of_folder(folder: PathBuf) -> Self {
        Self { security: SecurityArguments::of_folder(folder), timeout_s: 15 }
    }

    /// Connects when first asked.
    ///
    /// # Errors
    /// When the file or the certificates cannot be used.
    pub fn connect(&self, file: &Path) -> anyhow::Result<Connection> {
        let file = ClusterFile::read(file)?;
        let security = self.security.open(&file)?;
        let budget = Duration::from_secs(self.timeout_s.into());
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build();
        let runtime = runtime.context("no threads can be started")?;
        let client = {
            let _entered = runtime.enter();
            Client::new(&file.servers(), &security, budget, Box::new(random))?
        };
        Ok(Connection { client, runtime, file, security, budget })
    }
}

/// Unlike every other, as far as chance goes.
pub fn random() -> u128 {
    let draw = || u128::from(RandomState::new().hash_one(std::process::id()));
    (draw() << 64) | draw()
}

/// A client and what it runs on.
pub struct Connection {
    /// Asks.
    pub client: Client,
    /// What it runs on.
    pub runtime: Runtime,
    pub(crate) file: ClusterFile,
    pub(crate) security: Security,
    /// How long every request may take.
    pub budget: Duration,
}

impl Connection {
    /// The name of the cluster.
    pub fn cluster(&self) -> &str {
        &self.file.name
    }

    /// The authority's certificate, as PEM; none where connections are not encrypted.
    pub fn authority(&self) -> Option<&[u8]> {
        match &self.security {
            Security::Mutual(own) => Some(own.authority()),
            Security::Plain => None,
        }
    }

    /// Waits for an answer.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Lets some time pass before the cluster is looked at again.
    pub fn pause(&self, time: Duration) {
        self.wait(async { tokio::time::sleep(time).await });
    }
}
