//! Whether parts of a backup are what they must be.

use anyhow::{Context, anyhow, ensure};
use coordinator::Catalog;
use replication::{Applier, Checkpoint, Code, LogIndex, MemoryKv, PartitionId};

/// Reads the catalog of a backup, which must stand at its mark.
///
/// # Errors
/// When it is damaged, of another release, or of another position.
pub(super) fn read_catalog(bytes: &[u8], mark: u64, index: LogIndex) -> anyhow::Result<Catalog> {
    let catalog = Catalog::from_snapshot(bytes).context("the catalog is damaged")?;
    ensure!(
        catalog.applied() == index && catalog.backup_mark_at(index) == Some(mark),
        "the catalog stands at {}, and the backup at {index}",
        catalog.applied()
    );
    Ok(catalog)
}

/// Reads a replica of a backup, record by record, and compares it with what the catalog says that
/// the partition holds.
///
/// # Errors
/// When it is damaged or differs.
pub(super) fn read_replica(
    bytes: &[u8],
    partition: PartitionId,
    catalog: &Catalog,
) -> anyhow::Result<Applier<MemoryKv>> {
    let name = || format!("partition {}", partition.0);
    let checkpoint = Checkpoint::decode(bytes).map_err(|e| anyhow!("{}: {e}", name()))?;
    let (index, generation) = (checkpoint.index, catalog.generation());
    let applier = Applier::install(MemoryKv::default(), partition, generation, checkpoint);
    let applier = applier.map_err(|error| anyhow!("{}: {error}", name()))?;
    ensure!(
        index == catalog.applied(),
        "{} stands at {index}, and the backup at {}",
        name(),
        catalog.applied()
    );
    ensure!(
        catalog.summary_at(partition, index) == Some(*applier.summary()),
        "{} holds something else than the catalog says",
        name()
    );
    Ok(applier)
}
