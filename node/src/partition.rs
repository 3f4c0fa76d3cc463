//! One RocksDB database: the references, images and persons of a partition.
//!
//! Column families:
//! - `references`: impression key -> sealed [`crate::record`]
//! - `images`: impression key -> the bytes of the file as received, in blob files
//! - `persons`: subject prefix -> sealed [`crate::person`]
//! - `metadata`: `gallery` -> sealed [`crate::metadata`]; `erasing/` and a subject -> nothing,
//!   while the bytes of an erased person may still be in files
//!
//! A write is acknowledged when its log record is synced. After a failed write the state on disk is
//! not known until the next open, so every later write is refused.

use crate::blob_file;
use crate::error::NodeError;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, CompactOptions, DB,
    DBCompressionType, DBRecoveryMode, FlushOptions, IteratorMode, LogLevel, Options, ReadOptions,
    WaitForCompactOptions, WriteBatch, WriteOptions,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The column families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Templates and packed records.
    References,
    /// Files as received.
    Images,
    /// Finger statuses and counts.
    Persons,
    /// What the partition was built with, and unfinished erasures.
    Metadata,
}

impl Family {
    const ALL: [Self; 4] = [Self::References, Self::Images, Self::Persons, Self::Metadata];

    const fn name(self) -> &'static str {
        match self {
            Self::References => "references",
            Self::Images => "images",
            Self::Persons => "persons",
            Self::Metadata => "metadata",
        }
    }
}

const MIB: usize = 1 << 20;
/// Blocks of all column families together.
const BLOCK_CACHE_BYTES: usize = 64 * MIB;
/// Values from this size on go to blob files.
const BLOB_BYTES_MIN: u64 = 4096;
/// An erasure reads and writes a few files of this size.
const BLOB_FILE_BYTES: u64 = 32 * MIB as u64;
/// Part of the oldest blob files that ordinary compactions rewrite.
const BLOB_GC_AGE_CUTOFF: &str = "0.25";
const OPEN_FILES_MAX: i32 = 512;

/// The property of a family that describes its newest version, blob files included.
const VERSION: &str = "rocksdb.sstables";

/// A key and its value.
pub(crate) type Pair = (Box<[u8]>, Box<[u8]>);

/// An open database.
pub(crate) struct Partition {
    db: DB,
    /// The folder named in errors.
    dir: PathBuf,
    /// Where the database is.
    path: PathBuf,
    /// Why writes are refused.
    refused: Mutex<Option<String>>,
}

impl Partition {
    /// Opens the database at `path`; errors name `dir`. `create` allows it to be new.
    pub(crate) fn open(dir: &Path, path: PathBuf, create: bool) -> Result<Self, NodeError> {
        Self::open_with(&database_options(create), dir, path, create)
    }

    fn open_with(
        options: &Options,
        dir: &Path,
        path: PathBuf,
        create: bool,
    ) -> Result<Self, NodeError> {
        refuse_headless(dir, &path, create)?;
        let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
        let families = [("default", None)]
            .into_iter()
            .chain(Family::ALL.map(|family| (family.name(), Some(family))));
        let families = families.map(|(name, family)| {
            ColumnFamilyDescriptor::new(name, family_options(family, &cache))
        });
        let left = blob_files(&path).unwrap_or_default();
        let db = DB::open_cf_descriptors(options, &path, families)
            .map_err(|e| NodeError::from_rocksdb(dir, e))?;
        let partition = Self { db, dir: dir.to_owned(), path, refused: Mutex::new(None) };
        partition.remove_unfinished(left)?;
        Ok(partition)
    }

    /// Removes what a killed process left of the blob files that it was writing: images in it could
    /// not be erased. RocksDB removes every file that nothing refers to, but keeps a blob file
    /// without a whole footer for ever, taking it for one that is being written
    /// (`ShouldKeepFooterlessBlobFile` in `db/db_impl/db_impl_files.cc` of RocksDB 11.8). `left`
    /// are the files that were there before the database was opened, whose numbers it never uses
    /// again. A file that is referred to stays: it is damaged, and some of its images may be read.
    fn remove_unfinished(&self, mut left: Vec<PathBuf>) -> Result<(), NodeError> {
        left.retain(|path| blob_file::has_footer(path).is_ok_and(|finished| !finished));
        if left.is_empty() {
            return Ok(());
        }
        let Some(live) = self.live_blob_files()? else { return Ok(()) };
        for path in left {
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if number.is_none_or(|number: u64| live.contains(&number)) {
                continue;
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(NodeError::file("remove", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The numbers of the blob files that the newest version refers to; `None` when RocksDB does
    /// not tell. In its description of a version keys are in hexadecimal digits, so none can be
    /// taken for a number.
    fn live_blob_files(&self) -> Result<Option<BTreeSet<u64>>, NodeError> {
        let mut live = BTreeSet::new();
        for family in Family::ALL {
            let version = self.db.property_value_cf(self.family(family), VERSION);
            let Some(version) = version.map_err(|e| self.error(e))? else { return Ok(None) };
            let after = version.split("blob_file_number: ").skip(1);
            for number in after.map(|rest| rest.split(' ').next().and_then(|n| n.parse().ok())) {
                let Some(number) = number else { return Ok(None) };
                live.insert(number);
            }
        }
        Ok(Some(live))
    }

    /// The folder named in errors.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn family(&self, family: Family) -> &ColumnFamily {
        self.db.cf_handle(family.name()).expect("open asks for every family")
    }

    fn error(&self, error: rocksdb::Error) -> NodeError {
        NodeError::from_rocksdb(&self.dir, error)
    }

    /// A value, checksums verified.
    pub(crate) fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, NodeError> {
        self.db.get_cf(self.family(family), key).map_err(|e| self.error(e))
    }

    /// All keys and values from `start` up to and without `end`, in order.
    pub(crate) fn range(
        &self,
        family: Family,
        start: &[u8],
        end: Option<&[u8]>,
    ) -> impl Iterator<Item = Result<Pair, NodeError>> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(start);
        if let Some(end) = end {
            options.set_iterate_upper_bound(end);
        }
        options.fill_cache(false);
        options.set_readahead_size(2 * MIB);
        self.iterate(family, options)
    }

    /// The few keys and values from `start` up to and without `end`, in order: reads no block more
    /// than holds them, and keeps these blocks for the next.
    pub(crate) fn few(
        &self,
        family: Family,
        start: &[u8],
        end: &[u8],
    ) -> impl Iterator<Item = Result<Pair, NodeError>> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(start);
        options.set_iterate_upper_bound(end);
        self.iterate(family, options)
    }

    fn iterate(
        &self,
        family: Family,
        options: ReadOptions,
    ) -> impl Iterator<Item = Result<Pair, NodeError>> {
        let pairs = self.db.iterator_cf_opt(self.family(family), options, IteratorMode::Start);
        pairs.map(|pair| pair.map_err(|e| self.error(e)))
    }

    /// Writes a batch, atomically and synced.
    ///
    /// # Errors
    /// When the write fails, and on every later call.
    pub(crate) fn write(&self, changes: Changes) -> Result<(), NodeError> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = &*refused {
            let (dir, cause) = (self.dir.clone(), cause.clone());
            return Err(NodeError::WritesRefused { dir, cause });
        }
        let mut batch = WriteBatch::default();
        for change in changes.0 {
            match change {
                Change::Put(family, key, value) => batch.put_cf(self.family(family), key, value),
                Change::Delete(family, key) => batch.delete_cf(self.family(family), key),
            }
        }
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        self.db.write_opt(batch, &synced).map_err(|error| {
            *refused = Some(error.to_string());
            self.error(error)
        })
    }

    /// Writes the memory tables of all families to files, after which the log that held their
    /// content is gone.
    pub(crate) fn flush(&self) -> Result<(), NodeError> {
        let families = Family::ALL.map(|family| self.family(family));
        let mut options = FlushOptions::default();
        options.set_wait(true);
        self.db.flush_cfs_opt(&families, &options).map_err(|e| self.error(e))
    }

    /// Rewrites every table file that holds keys from `start` to `end`, without what was deleted or
    /// written anew. Blob files stay, unless nothing in them is alive any more.
    pub(crate) fn rewrite(
        &self,
        family: Family,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
    ) -> Result<(), NodeError> {
        self.compact(family, "0.0", start, end)
    }

    /// Rewrites all files of a family, values in blob files included.
    pub(crate) fn rewrite_with_blobs(&self, family: Family) -> Result<(), NodeError> {
        self.compact(family, "1.0", None, None)
    }

    fn compact(
        &self,
        family: Family,
        part_of_blobs: &str,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
    ) -> Result<(), NodeError> {
        let mut options = CompactOptions::default();
        options.set_exclusive_manual_compaction(true);
        options.set_bottommost_level_compaction(rocksdb::BottommostLevelCompaction::Force);
        self.rewrite_blobs_up_to(family, part_of_blobs)?;
        self.db.compact_range_cf_opt(self.family(family), start, end, &options);
        self.rewrite_blobs_up_to(family, BLOB_GC_AGE_CUTOFF)?;
        self.db.wait_for_compact(&WaitForCompactOptions::default()).map_err(|e| self.error(e))?;
        // Files that the rewriting made obsolete go now, not at a later compaction.
        self.db.disable_file_deletions().map_err(|e| self.error(e))?;
        self.db.enable_file_deletions().map_err(|e| self.error(e))
    }

    /// Which part of the blob files, the oldest first, compactions rewrite.
    fn rewrite_blobs_up_to(&self, family: Family, part: &str) -> Result<(), NodeError> {
        if family != Family::Images {
            return Ok(());
        }
        let option = [("blob_garbage_collection_age_cutoff", part)];
        self.db.set_options_cf(self.family(family), &option).map_err(|e| self.error(e))
    }

    /// The blob files on disk.
    pub(crate) fn blob_files(&self) -> Result<Vec<PathBuf>, NodeError> {
        blob_files(&self.path).map_err(|e| NodeError::file("read the folder", &self.path, e))
    }

    /// Bytes of all files on disk.
    pub(crate) fn bytes_on_disk(&self) -> Result<u64, NodeError> {
        let entries = entries(&self.path);
        let entries = entries.map_err(|e| NodeError::file("read the folder", &self.path, e))?;
        // RocksDB may remove a file while the folder is read.
        Ok(entries.iter().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum())
    }
}

/// Changes that are made together or not at all.
#[derive(Default)]
pub(crate) struct Changes(Vec<Change>);

enum Change {
    Put(Family, Vec<u8>, Vec<u8>),
    Delete(Family, Vec<u8>),
}

impl Changes {
    /// Writes a value.
    pub(crate) fn put(&mut self, family: Family, key: Vec<u8>, value: Vec<u8>) {
        self.0.push(Change::Put(family, key, value));
    }

    /// Removes a value.
    pub(crate) fn delete(&mut self, family: Family, key: Vec<u8>) {
        self.0.push(Change::Delete(family, key));
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn blob_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let files = entries(path)?.into_iter().map(|entry| entry.path());
    let is_blob = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "blob");
    let mut files: Vec<PathBuf> = files.filter(is_blob).collect();
    files.sort_unstable();
    Ok(files)
}

fn entries(path: &Path) -> std::io::Result<Vec<fs::DirEntry>> {
    fs::read_dir(path)?.collect()
}

/// RocksDB takes a folder without its `CURRENT` file for a new one and would empty it.
fn refuse_headless(dir: &Path, path: &Path, create: bool) -> Result<(), NodeError> {
    let missing = !path.join("CURRENT").exists();
    let holds_data = || {
        let names = entries(path).unwrap_or_default().into_iter().map(|entry| entry.file_name());
        names.into_iter().any(|name| {
            let name = name.to_string_lossy().into_owned();
            name.ends_with(".sst") || name.ends_with(".blob")
        })
    };
    if missing && (!create || holds_data()) {
        let detail = format!("{} is missing", path.join("CURRENT").display());
        return Err(NodeError::DamagedFiles { dir: dir.to_owned(), detail });
    }
    Ok(())
}

fn database_options(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_paranoid_checks(true);
    // A log record cut short at the very end was never acknowledged; anything else is damage.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_db_write_buffer_size(128 * MIB);
    options.set_max_total_wal_size(256 * MIB as u64);
    // Below warnings, RocksDB's log names keys.
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(4 * MIB);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

fn family_options(family: Option<Family>, cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_block_size(16 * 1024);
    blocks.set_bloom_filter(10.0, false);
    blocks.set_format_version(5);
    let mut options = Options::default();
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_paranoid_checks(true);
    options.set_level_compaction_dynamic_level_bytes(true);
    match family {
        Some(Family::Images) => {
            options.set_write_buffer_size(64 * MIB);
            options.set_enable_blob_files(true);
            options.set_min_blob_size(BLOB_BYTES_MIN);
            options.set_blob_file_size(BLOB_FILE_BYTES);
            options.set_blob_compression_type(DBCompressionType::Lz4);
            options.set_enable_blob_gc(true);
            options.set_blob_gc_age_cutoff(0.25);
        }
        Some(Family::References) => {
            options.set_write_buffer_size(32 * MIB);
            // Small tables, so that an erasure has little to rewrite.
            options.set_target_file_size_base(16 * MIB as u64);
        }
        _ => options.set_write_buffer_size(4 * MIB),
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use rocksdb::statistics::Ticker;

    fn put(key: &[u8]) -> Changes {
        let mut changes = Changes::default();
        changes.put(Family::References, key.to_vec(), vec![7; 100]);
        changes
    }

    #[test]
    fn the_log_is_synced_before_a_write_returns() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = database_options(true);
        options.enable_statistics();
        let path = dir.path().join("db");
        let partition = Partition::open_with(&options, dir.path(), path, true).unwrap();
        for written in 1..=3 {
            partition.write(put(&[written])).unwrap();
            assert_eq!(options.get_ticker_count(Ticker::WalFileSynced), u64::from(written));
        }
    }

    #[test]
    fn what_the_database_finished_has_a_footer() {
        let dir = tempfile::tempdir().unwrap();
        let partition = Partition::open(dir.path(), dir.path().join("db"), true).unwrap();
        let mut changes = Changes::default();
        changes.put(Family::Images, b"a".to_vec(), vec![7; BLOB_BYTES_MIN as usize]);
        partition.write(changes).unwrap();
        partition.flush().unwrap();
        let files = partition.blob_files().unwrap();
        assert_eq!(files.len(), 1);
        assert!(blob_file::has_footer(&files[0]).unwrap());
    }

    #[test]
    fn a_few_keys_are_those_from_the_start_up_to_and_without_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let partition = Partition::open(dir.path(), dir.path().join("db"), true).unwrap();
        for key in [b"a", b"b", b"c", b"d"] {
            partition.write(put(key)).unwrap();
        }
        let keys = |start: &[u8], end: &[u8]| -> Vec<Vec<u8>> {
            let pairs = partition.few(Family::References, start, end);
            pairs.map(|pair| pair.unwrap().0.into_vec()).collect()
        };
        assert_eq!(keys(b"b", b"d"), [b"b", b"c"]);
        partition.flush().unwrap();
        assert_eq!(keys(b"b", b"d"), [b"b", b"c"]);
        assert_eq!(keys(b"bb", b"c"), [[0u8; 0]; 0]);
    }

    #[test]
    fn after_a_failed_write_every_later_one_is_refused_until_the_next_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let partition = Partition::open(dir.path(), path.clone(), true).unwrap();
        partition.write(put(b"acknowledged")).unwrap();
        // A flush begins a new log file; folders stand where it could be made.
        let blocked: Vec<PathBuf> = (1..200).map(|n| path.join(format!("{n:06}.log"))).collect();
        let blocked: Vec<PathBuf> =
            blocked.into_iter().filter(|log| fs::create_dir(log).is_ok()).collect();
        assert!(partition.flush().is_err());
        let first = partition.write(put(b"refused")).unwrap_err();
        assert!(matches!(first, NodeError::Storage { .. }), "{first}");
        blocked.iter().for_each(|log| fs::remove_dir(log).unwrap());
        let second = partition.write(put(b"refused")).unwrap_err();
        assert!(matches!(second, NodeError::WritesRefused { .. }), "{second}");
        drop(partition);
        let partition = Partition::open(dir.path(), path, false).unwrap();
        assert!(partition.get(Family::References, b"acknowledged").unwrap().is_some());
        assert!(partition.get(Family::References, b"refused").unwrap().is_none());
        partition.write(put(b"after")).unwrap();
    }
}
