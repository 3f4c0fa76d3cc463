//! `tanba cluster init`: the file that all processes and clients of a cluster share.

use crate::connection::random;
use crate::file::ClusterFile;
use anyhow::{Context, bail};
use coordinator::Founding;
use coordinator::command::Policy;
use replication::{ClusterId, CoordinatorId, Generation};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use terminal::output::{Exit, Output};

/// Arguments of `tanba cluster init`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The name of the cluster, as in its certificates.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A founding coordinator and where it is; three or five of them survive losses.
    #[arg(long, value_name = "ID=HOST:PORT", required = true)]
    coordinator: Vec<Place>,
    /// Parts of the gallery, for good; a few for each node that there will ever be.
    #[arg(long, value_name = "N", default_value_t = 16)]
    partitions: u16,
    /// Replicas of each partition.
    #[arg(long, value_name = "N", default_value_t = 2)]
    replication: u8,
    /// Replicas that must have a change on disk before it is let go of.
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_durable: u8,
    /// Changes kept for replicas that are behind, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    retention_mib: u64,
    /// How rarely a stranger may be as alike as what is held for a duplicate: 9000 is one person in
    /// 10^9, which holds one new person in a thousand where a million are enrolled.
    #[arg(long, value_name = "RARITY", default_value_t = 9000)]
    duplicate_rarity: u32,
    /// The folder of the certificates to use when no other is given, relative to the file.
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A coordinator and its address.
#[derive(Debug, Clone, Copy)]
struct Place(CoordinatorId, SocketAddr);

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "give an id and an address, such as 1=10.0.0.1:7101";
        let (id, address) = text.split_once('=').ok_or(wrong)?;
        let id = id.parse().map_err(|_| wrong)?;
        Ok(Self(CoordinatorId(id), address.parse().map_err(|_| wrong)?))
    }
}

#[derive(Serialize)]
struct Written {
    file: String,
    name: String,
    id: String,
    coordinators: usize,
}

/// Writes it.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let out = arguments.out.clone();
    let file = arguments.file()?;
    // Whatever a reader would refuse is not written.
    let text = file.checked_text()?;
    let mut options = OpenOptions::new();
    let written = options.write(true).create_new(true).open(&out);
    match written.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there already and is not overwritten", out.display())
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be written", out.display()));
        }
    }
    let written = Written {
        file: out.display().to_string(),
        name: file.name,
        id: format!("{:032x}", file.founding.cluster.0),
        coordinators: file.coordinators.len(),
    };
    output.answer(&written, |written| {
        let Written { file, name, id, coordinators } = written;
        format!(
            "{file}: cluster {name}, id {id}, {coordinators} coordinators\n\
             give this file to all of them: tanba coordinator found --cluster {file} --id ID\n"
        )
    })?;
    Ok(Exit::Found.into())
}

impl Arguments {
    fn file(self) -> anyhow::Result<ClusterFile> {
        let mut coordinators = std::collections::BTreeMap::new();
        for Place(id, address) in self.coordinator {
            if coordinators.insert(id, address).is_some() {
                bail!("coordinator {} is given twice", id.0);
            }
        }
        let policy = Policy {
            replication: self.replication,
            min_durable: self.min_durable,
            retention_bytes_max: self.retention_mib.saturating_mul(1 << 20),
            dedup_rarity: self.duplicate_rarity,
        };
        let cluster = ClusterId(random());
        Ok(ClusterFile {
            name: self.name,
            founding: Founding { cluster, partitions: self.partitions, policy },
            generation: Generation(1),
            coordinators,
            certificates: self.certificates,
        })
    }
}
