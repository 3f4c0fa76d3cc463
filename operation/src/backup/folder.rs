//! A backup on disk: a file for each part, and a manifest.

use super::content::{read_catalog, read_replica};
use anyhow::{Context, bail, ensure};
use coordinator::Catalog;
use replication::{Applier, BackupPart, MemoryKv, PartitionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The version that this release writes and reads.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Of this file and its folder.
    pub(super) format: u32,
    /// Name of the cluster.
    pub(super) cluster: String,
    /// Id of the cluster, hexadecimal.
    pub(super) id: String,
    /// How often it was founded.
    pub(super) generation: u32,
    /// The mark in the log, hexadecimal.
    pub(super) mark: String,
    /// Its position: everything agreed on up to here is in the backup, and nothing after it.
    pub(super) index: u64,
    /// Time of that entry, in milliseconds since 1970.
    pub(super) time_ms: u64,
    /// Encounters that are not erased.
    pub(super) encounters: u64,
    /// Erasures up to here.
    pub(super) erasures: u64,
    /// The catalog first, then every partition.
    pub(super) parts: Vec<ManifestPart>,
}

/// A part and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestPart {
    /// Its file.
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Of the whole file, hexadecimal.
    pub(super) sha256: String,
    /// Who kept it.
    pub(super) from: String,
}

/// SHA-256, hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file that survives a crash.
pub(super) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// A folder that gets its name once everything is in it.
pub(super) struct Building {
    pub(super) path: PathBuf,
    out: PathBuf,
}

impl Building {
    /// Begins one that must not be there. What an earlier run left half done is removed.
    pub(super) fn begin(out: &Path) -> anyhow::Result<Self> {
        if out.exists() {
            bail!("{} is there already and is not overwritten", out.display());
        }
        let name = out.file_name().context("--out: give a folder to be made")?;
        let path = out.with_file_name(format!("{}.building", name.to_string_lossy()));
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
        fs::create_dir_all(&path)
            .with_context(|| format!("{} cannot be created", path.display()))?;
        Ok(Self { path, out: out.to_owned() })
    }

    /// Gives it its name.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Self { path, out } = self;
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
        let named = File::open(&path)
            .and_then(|folder| folder.sync_all())
            .and_then(|()| fs::rename(&path, &out))
            .and_then(|()| File::open(parent.unwrap_or(Path::new(".")))?.sync_all());
        named.with_context(|| format!("{} cannot be made", out.display()))
    }
}

impl Manifest {
    /// Writes it beside its parts.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        write(&folder.join(MANIFEST), format!("{text}\n").as_bytes())
    }
}

/// A backup that is being read.
pub(super) struct Backup {
    folder: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) catalog: Catalog,
}

impl Backup {
    /// Reads the manifest and the catalog.
    ///
    /// # Errors
    /// When there is no backup, or either is damaged.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{}: `tanba backup create` makes a backup", path.display()))?;
        let manifest: Manifest =
            serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        ensure!(
            manifest.format == FORMAT,
            "{}: format {} is not known to this release",
            path.display(),
            manifest.format
        );
        let bytes = read_part(folder, &manifest, BackupPart::Catalog)?;
        let mark = u64::from_str_radix(&manifest.mark, 16).context("mark")?;
        let catalog = read_catalog(&bytes, mark, manifest.index)?;
        ensure!(
            format!("{:032x}", catalog.cluster().0) == manifest.id
                && catalog.generation().0 == manifest.generation,
            "the manifest is not that of this catalog"
        );
        Ok(Self { folder: folder.to_owned(), manifest, catalog })
    }

    /// All partitions.
    pub(super) fn partitions(&self) -> Vec<PartitionId> {
        self.catalog.partitions().map(|(partition, _)| partition).collect()
    }

    /// Reads a replica whole.
    ///
    /// # Errors
    /// When it is missing, damaged or not what the catalog says.
    pub(super) fn replica(&self, partition: PartitionId) -> anyhow::Result<Applier<MemoryKv>> {
        let part = BackupPart::Partition(partition);
        let bytes = read_part(&self.folder, &self.manifest, part)?;
        read_replica(&bytes, partition, &self.catalog)
    }
}

fn read_part(folder: &Path, manifest: &Manifest, part: BackupPart) -> anyhow::Result<Vec<u8>> {
    let name = part.to_string();
    let said = manifest.parts.iter().find(|part| part.name == name);
    let said = said.with_context(|| format!("the manifest does not name {name}"))?;
    let path = folder.join(&name);
    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
    ensure!(
        bytes.len() as u64 == said.bytes && sha256(&bytes) == said.sha256,
        "{}: these are not the bytes that were written; take another backup",
        path.display()
    );
    Ok(bytes)
}

/// For a manifest that is being written.
pub(super) const fn format_now() -> u32 {
    FORMAT
}
