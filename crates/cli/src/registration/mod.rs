//! What the registry searches with: a gallery in its folder, or a cluster.

mod cluster;
mod engine;

use crate::output::Output;
use anyhow::{Context, bail, ensure};
use office::Engine;
use operation::connection::ConnectionArguments;
use std::path::{Path, PathBuf};

/// The file in the folder of a register that says in which cluster it compares.
const CLUSTER: &str = "cluster";

/// Where prints are searched and compared.
#[derive(clap::Args)]
pub(crate) struct EngineArguments {
    /// Search and compare in a cluster: its cluster file. A register that was made so remembers it.
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    cluster: Option<PathBuf>,
    #[command(flatten)]
    options: ConnectionArguments,
}

impl EngineArguments {
    /// The engine of a register that is about to be made: a cluster, or a gallery in its folder.
    pub(crate) fn begin(
        &self,
        folder: &Path,
        output: &Output,
    ) -> anyhow::Result<Box<dyn Engine + Send>> {
        let Some(cluster) = &self.cluster else {
            return Ok(Box::new(engine::LocalEngine::open(folder, output)?));
        };
        let name = folder.display();
        ensure!(!folder.join("registry").exists(), "{name} holds a register: name a new folder");
        let cluster = cluster.canonicalize().with_context(|| cluster.display().to_string())?;
        let text = cluster.to_str().context("the path of the cluster file is no text")?;
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let file = folder.join(CLUSTER);
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
        self.connect(&cluster)
    }

    /// The engine of a register.
    pub(crate) fn open(
        &self,
        folder: &Path,
        output: &Output,
    ) -> anyhow::Result<Box<dyn Engine + Send>> {
        let file = folder.join(CLUSTER);
        let remembered = match std::fs::read_to_string(&file) {
            Ok(path) => Some(PathBuf::from(path.trim())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| file.display().to_string()),
        };
        match (remembered, &self.cluster) {
            (None, None) => Ok(Box::new(engine::LocalEngine::open(folder, output)?)),
            (Some(remembered), given) => self.connect(given.as_ref().unwrap_or(&remembered)),
            (None, Some(_)) => bail!(
                "the register in {} has a gallery of its own, and whoever is in it would not be \
                 found in a cluster: leave --cluster out",
                folder.display()
            ),
        }
    }

    fn connect(&self, file: &Path) -> anyhow::Result<Box<dyn Engine + Send>> {
        let connection = self.options.connect(file)?;
        let name = connection.cluster().to_owned();
        Ok(Box::new(cluster::ClusterEngine::new(connection, name)))
    }
}
