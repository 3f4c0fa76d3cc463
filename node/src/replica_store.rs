//! The stores of a cluster node's replicas: one RocksDB database per partition.
//!
//! A partition is a folder `PARTITION-EDITION`. Putting other content in place of everything builds
//! the next edition beside the present one under a name that does not count, syncs it and renames
//! it; opening takes the highest edition and removes whatever else a killed process left. So the
//! old content or the new is there, and a replica can be given up by removing its folder alone,
//! however large it is. A database of its own also keeps damage to one partition.

use replication::{Batch, Change, Kv, KvError, Pair, PartitionId, Stores};
use rocksdb::{
    DB, DBCompressionType, DBRecoveryMode, Direction, FlushOptions, IteratorMode, LogLevel,
    Options, WriteBatch, WriteOptions,
};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const MIB: usize = 1 << 20;
/// Ending of an edition that is not finished.
const BUILDING: &str = "building";
/// Pairs written at a time while an edition is built.
const BUILD_BATCH: usize = 1024;

/// The stores of all replicas of a node, below one folder.
#[derive(Debug)]
pub struct ReplicaStores {
    folder: PathBuf,
}

impl ReplicaStores {
    /// Uses a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When it can be neither read nor made.
    pub fn new(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        fs::read_dir(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Partitions and editions that are there, finished ones only.
    fn editions(&self) -> Result<Vec<(PartitionId, u64)>, KvError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(file_error)? {
            let name = entry.map_err(file_error)?.file_name();
            found.extend(name.to_str().and_then(parse));
        }
        found.sort_unstable();
        Ok(found)
    }

    fn newest(&self, partition: PartitionId) -> Result<Option<u64>, KvError> {
        let editions = self.editions()?;
        let own = editions.iter().filter(|(found, _)| *found == partition);
        Ok(own.map(|(_, edition)| *edition).max())
    }

    /// Removes every folder of a partition but one.
    fn keep_only(&self, partition: PartitionId, edition: Option<u64>) -> Result<(), KvError> {
        let keep = edition.map(|edition| name(partition, edition));
        let prefix = format!("{:05}-", partition.0);
        for entry in fs::read_dir(&self.folder).map_err(file_error)? {
            let entry = entry.map_err(file_error)?;
            let found = entry.file_name();
            let found = found.to_string_lossy();
            if found.starts_with(&prefix) && Some(&*found) != keep.as_deref() {
                fs::remove_dir_all(entry.path()).map_err(file_error)?;
            }
        }
        sync_folder(&self.folder)
    }
}

impl Stores for ReplicaStores {
    type Kv = ReplicaStore;

    /// Empty when the folder cannot be read; opening says why.
    fn existing(&self) -> Vec<PartitionId> {
        let editions = self.editions().unwrap_or_default();
        let mut partitions: Vec<_> = editions.into_iter().map(|(partition, _)| partition).collect();
        partitions.dedup();
        partitions
    }

    fn open(&mut self, partition: PartitionId) -> Result<ReplicaStore, KvError> {
        let edition = self.newest(partition)?;
        self.keep_only(partition, edition)?;
        let edition = edition.unwrap_or(1);
        let path = self.folder.join(name(partition, edition));
        let db = DB::open(&options(), &path).map_err(kv_error)?;
        sync_folder(&self.folder)?;
        let stores = Self { folder: self.folder.clone() };
        Ok(ReplicaStore { stores, partition, edition, db: Some(db) })
    }

    fn destroy(&mut self, partition: PartitionId) -> Result<(), KvError> {
        self.keep_only(partition, None)
    }
}

/// The store of one replica. A failed write leaves it unusable until it is opened again.
pub struct ReplicaStore {
    stores: ReplicaStores,
    partition: PartitionId,
    edition: u64,
    /// `None` after an edition could not be opened.
    db: Option<DB>,
}

impl std::fmt::Debug for ReplicaStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReplicaStore(partition {}, edition {})", self.partition.0, self.edition)
    }
}

impl ReplicaStore {
    fn db(&self) -> Result<&DB, KvError> {
        self.db.as_ref().ok_or(KvError::Failed)
    }

    /// Builds an edition under a name that does not count, then gives it the one that does.
    fn build(&self, edition: u64, pairs: Vec<Pair>) -> Result<PathBuf, KvError> {
        let path = self.stores.folder.join(name(self.partition, edition));
        let building = path.with_extension(BUILDING);
        let db = DB::open(&options(), &building).map_err(kv_error)?;
        let mut unlogged = WriteOptions::default();
        unlogged.disable_wal(true);
        let mut pairs = pairs.into_iter().peekable();
        while pairs.peek().is_some() {
            let mut batch = WriteBatch::default();
            for (key, value) in pairs.by_ref().take(BUILD_BATCH) {
                batch.put(key, value);
            }
            db.write_opt(batch, &unlogged).map_err(kv_error)?;
        }
        let mut wait = FlushOptions::default();
        wait.set_wait(true);
        db.flush_opt(&wait).map_err(kv_error)?;
        drop(db);
        fs::rename(&building, &path).map_err(file_error)?;
        sync_folder(&self.stores.folder)?;
        Ok(path)
    }
}

impl Kv for ReplicaStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        self.db()?.get(key).map_err(kv_error)
    }

    fn pairs(&self, prefix: &[u8]) -> Result<Vec<Pair>, KvError> {
        let start = IteratorMode::From(prefix, Direction::Forward);
        let mut pairs = Vec::new();
        for pair in self.db()?.iterator(start) {
            let (key, value) = pair.map_err(kv_error)?;
            if !key.starts_with(prefix) {
                break;
            }
            pairs.push((key.into(), value.into()));
        }
        Ok(pairs)
    }

    fn write(&mut self, batch: Batch) -> Result<(), KvError> {
        let mut changes = WriteBatch::default();
        for change in batch {
            match change {
                Change::Put(key, value) => changes.put(key, value),
                Change::Delete(key) => changes.delete(key),
            }
        }
        self.db()?.write(changes).map_err(kv_error)
    }

    fn sync(&mut self) -> Result<(), KvError> {
        self.db()?.flush_wal(true).map_err(kv_error)
    }

    fn replace(&mut self, pairs: Vec<Pair>) -> Result<(), KvError> {
        let edition = self.edition + 1;
        let path = self.build(edition, pairs)?;
        self.db = None;
        self.edition = edition;
        self.stores.keep_only(self.partition, Some(edition))?;
        self.db = Some(DB::open(&options(), path).map_err(kv_error)?);
        Ok(())
    }
}

fn name(partition: PartitionId, edition: u64) -> String {
    format!("{:05}-{edition:010}", partition.0)
}

fn parse(name: &str) -> Option<(PartitionId, u64)> {
    let (partition, edition) = name.split_once('-')?;
    Some((PartitionId(partition.parse().ok()?), edition.parse().ok()?))
}

fn options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_paranoid_checks(true);
    // A log record cut short at the very end was never synced; anything else is damage.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(32 * MIB);
    options.set_max_open_files(128);
    // Below warnings, RocksDB's log names keys.
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

fn sync_folder(folder: &Path) -> Result<(), KvError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_error)
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn kv_error(error: rocksdb::Error) -> KvError {
    let text = error.to_string();
    if ["No space left", "Disk quota exceeded"].iter().any(|words| text.contains(words)) {
        KvError::Full
    } else if error.kind() == rocksdb::ErrorKind::Corruption {
        KvError::Damaged
    } else {
        KvError::Failed
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn file_error(error: io::Error) -> KvError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => KvError::Full,
        _ => KvError::Failed,
    }
}
