//! The cluster file: what every process and client of a cluster is given, the same for all.

use anyhow::{Context, bail, ensure};
use coordinator::Founding;
use coordinator::command::{FEATURE_LEVEL_MAX, Policy};
use replication::{ClusterId, CoordinatorId, Generation};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use transport::{Identity, Role, Terms};

/// Most partitions of a cluster.
const PARTITIONS_MAX: u16 = 4096;
/// Most coordinators of a cluster.
const COORDINATORS_MAX: usize = 7;

/// A checked cluster file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterFile {
    /// The name in its certificates.
    pub name: String,
    /// What it was founded with, or is to be.
    pub founding: Founding,
    /// How often it was founded: once, and once more by every restore.
    pub generation: Generation,
    /// Where coordinators are.
    pub coordinators: BTreeMap<CoordinatorId, SocketAddr>,
    /// The certificates of whoever uses this file and names no others.
    pub certificates: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    id: String,
    #[serde(default = "first")]
    generation: u32,
    partitions: u16,
    replication: u8,
    min_durable: u8,
    retention_mib: u64,
    duplicate_rarity: u32,
    #[serde(default)]
    certificates: Option<PathBuf>,
    coordinators: BTreeMap<String, SocketAddr>,
}

const fn first() -> u32 {
    1
}

impl ClusterFile {
    /// Reads and checks one.
    ///
    /// # Errors
    /// When there is none or it does not describe a cluster; the text says where.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("{}: `tanba cluster init` writes a cluster file", path.display())
        })?;
        let file = Self::parse(&text).with_context(|| path.display().to_string())?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let certificates = file.certificates.map(|folder| beside.join(folder));
        Ok(Self { certificates, ..file })
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let raw: Raw = toml::from_str(text)?;
        Identity::new(&raw.name, Role::Operator, 1).context("name")?;
        let id = u128::from_str_radix(&raw.id, 16).ok().filter(|_| raw.id.len() == 32);
        let id = id.context("id: it has 32 hexadecimal digits")?;
        let file = Self {
            name: raw.name,
            founding: Founding {
                cluster: ClusterId(id),
                partitions: raw.partitions,
                policy: Policy {
                    replication: raw.replication,
                    min_durable: raw.min_durable,
                    retention_bytes_max: raw.retention_mib << 20,
                    dedup_rarity: raw.duplicate_rarity,
                },
            },
            generation: Generation(raw.generation),
            coordinators: coordinators(raw.coordinators)?,
            certificates: raw.certificates,
        };
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.generation.0 > 0, "generation: from 1 on");
        let Founding { partitions, policy, .. } = self.founding;
        let Policy { replication, min_durable, retention_bytes_max, .. } = policy;
        ensure!((1..=PARTITIONS_MAX).contains(&partitions), "partitions: 1 to {PARTITIONS_MAX}");
        ensure!((1..=7).contains(&replication), "replication: 1 to 7");
        ensure!(
            (1..=replication).contains(&min_durable),
            "min_durable: 1 to the replication, {replication}"
        );
        ensure!(
            (16 << 20..=1 << 40).contains(&retention_bytes_max),
            "retention_mib: 16 to 1048576"
        );
        let count = self.coordinators.len();
        ensure!((1..=COORDINATORS_MAX).contains(&count), "coordinators: 1 to {COORDINATORS_MAX}");
        Ok(())
    }

    /// As a file that can be read again.
    ///
    /// # Errors
    /// When it would not be one.
    pub fn checked_text(&self) -> anyhow::Result<String> {
        let text = self.to_text();
        Self::parse(&text)?;
        Ok(text)
    }

    /// What a process with this file works by. `scoring` is what its scores depend on, `release`
    /// the name and version of the program.
    pub(crate) fn terms(&self, scoring: u64, release: &str) -> Terms {
        let mut binding = Sha256::new();
        binding.update(self.founding.partitions.to_le_bytes());
        binding.update(scoring.to_le_bytes());
        let release = release.to_owned();
        Terms {
            binding: binding.finalize().into(),
            file: self.digest(),
            release,
            feature_level_max: FEATURE_LEVEL_MAX,
        }
    }

    /// SHA-256 of what is to be the same in all files of the cluster: all but the certificates.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let shared = Self { certificates: None, ..self.clone() };
        Sha256::digest(shared.to_text()).into()
    }

    fn to_text(&self) -> String {
        let Founding { cluster, partitions, policy } = self.founding;
        let Policy { replication, min_durable, retention_bytes_max, dedup_rarity } = policy;
        let coordinators: String =
            self.coordinators.iter().map(|(id, at)| format!("{} = \"{at}\"\n", id.0)).collect();
        let certificates = match &self.certificates {
            Some(folder) => format!("certificates = {:?}\n", folder.display().to_string()),
            None => "# certificates = \"certs/operator-1\"\n".to_owned(),
        };
        format!(
            "# A tanba cluster. All its processes and clients are given this file.\n\
             \n\
             # The name in its certificates, and what tells it from every other cluster.\n\
             name = \"{}\"\n\
             id = \"{:032x}\"\n\
             # How often it was founded; `tanba backup restore` writes the next.\n\
             generation = {}\n\
             # Parts of the gallery; for good.\n\
             partitions = {partitions}\n\
             # What the cluster is founded with; later `tanba cluster policy` counts.\n\
             # Replicas of each partition, and those that must have a change on disk before it is\n\
             # let go of.\n\
             replication = {replication}\n\
             min_durable = {min_durable}\n\
             # Changes kept for replicas that are behind.\n\
             retention_mib = {}\n\
             # How rarely a stranger may be as alike as what is held for a duplicate: 9000 is one\n\
             # person in 10^9, 12000 one in 10^12.\n\
             duplicate_rarity = {dedup_rarity}\n\
             # The certificates to use when no others are given: a folder beside this file.\n\
             {certificates}\
             \n\
             # Where coordinators are.\n\
             [coordinators]\n\
             {coordinators}",
            self.name,
            cluster.0,
            self.generation.0,
            retention_bytes_max >> 20,
        )
    }

    /// Where a coordinator is.
    ///
    /// # Errors
    /// When the file does not know it.
    pub fn address_of(&self, id: CoordinatorId) -> anyhow::Result<SocketAddr> {
        self.coordinators.get(&id).copied().with_context(|| {
            format!("coordinator {} is not in the cluster file: add its address there", id.0)
        })
    }

    /// All addresses, for clients.
    pub fn servers(&self) -> Vec<String> {
        self.coordinators.values().map(SocketAddr::to_string).collect()
    }
}

fn coordinators(
    raw: BTreeMap<String, SocketAddr>,
) -> anyhow::Result<BTreeMap<CoordinatorId, SocketAddr>> {
    let mut coordinators = BTreeMap::new();
    for (id, address) in raw {
        match id.parse() {
            Ok(number @ 1..) => drop(coordinators.insert(CoordinatorId(number), address)),
            _ => bail!("coordinators: {id} is no id; they are whole numbers from 1 on"),
        }
    }
    Ok(coordinators)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> ClusterFile {
        let policy = Policy {
            replication: 2,
            min_durable: 1,
            retention_bytes_max: 64 << 20,
            dedup_rarity: 9000,
        };
        let at = |n: u64| (CoordinatorId(n), SocketAddr::from(([127, 0, 0, 1], 7100 + n as u16)));
        ClusterFile {
            name: "kz".into(),
            founding: Founding { cluster: ClusterId(77), partitions: 8, policy },
            generation: Generation(3),
            coordinators: [1, 2, 3].map(at).into(),
            certificates: Some("certs/operator-1".into()),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(ClusterFile::parse(&file().to_text()).unwrap(), file());
        let bare = ClusterFile { certificates: None, generation: Generation(1), ..file() };
        let text = bare.to_text().replace("generation = 1\n", "");
        assert_eq!(ClusterFile::parse(&text).unwrap(), bare);
    }

    #[test]
    fn files_are_compared_by_what_is_to_be_the_same_and_terms_by_what_must_be() {
        let terms = |file: &ClusterFile| file.terms(7, "tanba test");
        let other = ClusterFile { certificates: None, ..file() };
        assert_eq!(terms(&other), terms(&file()), "everybody has certificates of his own");
        let mut more = file();
        more.coordinators.insert(CoordinatorId(4), SocketAddr::from(([127, 0, 0, 1], 7104)));
        assert_ne!(terms(&more).file, terms(&file()).file);
        assert_eq!(terms(&more).binding, terms(&file()).binding, "files change one by one");
        let mut split = file();
        split.founding.partitions += 1;
        assert_ne!(terms(&split).binding, terms(&file()).binding);
        assert_ne!(file().terms(8, "tanba test").binding, terms(&file()).binding);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_key() {
        let said = |from: &str, to: &str| {
            let text = file().to_text();
            assert!(text.contains(from), "{from}");
            let error = ClusterFile::parse(&text.replace(from, to)).unwrap_err();
            format!("{error:#}")
        };
        assert!(said("name = \"kz\"", "name = \"K Z\"").starts_with("name"));
        assert!(said("generation = 3", "generation = 0").starts_with("generation"));
        assert!(said("partitions = 8", "partitions = 0").starts_with("partitions"));
        assert!(said("replication = 2", "replication = 9").starts_with("replication"));
        assert!(said("min_durable = 1", "min_durable = 3").starts_with("min_durable"));
        assert!(said("1 = \"127", "0 = \"127").starts_with("coordinators"));
        assert!(said("partitions", "partition").contains("partition"));
        assert!(said("0000004d", "4d").starts_with("id"));
        assert!(said("127.0.0.1:7101", "localhost").contains("socket"));
    }
}
