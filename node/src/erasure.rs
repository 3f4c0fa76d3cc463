//! Taking the bytes of erased persons out of the files.
//!
//! Deleting a key in RocksDB hides its value; the bytes stay in the log, in table files and in blob
//! files until compactions happen to rewrite them. An erasure does not wait for that:
//! 1. The records are deleted and the person is marked as being erased, in one synced batch.
//! 2. Memory tables are flushed, which frees the log.
//! 3. Table files that cover the person's keys are rewritten.
//! 4. Every blob file that still holds a key of the person is found by walking it. All values in it
//!    that are alive are written once more, which moves them to a new blob file; nothing in the old
//!    one is alive then, and RocksDB removes it. The cost is that of the few blob files that the
//!    person's images lie in, however large the gallery is, and of looking through the keys of all.
//! 5. When no blob file holds a key of the person any more, the mark is removed.
//!
//! A process killed in between leaves the mark, and the next open goes on with step 2; so does the
//! next erasure or enrollment of the person after one that failed.
//!
//! What is beyond this: blocks that the file system or the drive freed but has not overwritten, and
//! the person's id (no biometric content) in RocksDB's list of files until the next open.

use crate::blob_file::{self, Contents};
use crate::error::NodeError;
use crate::key;
use crate::partition::{Changes, Family, Partition};
use std::io;
use vocabulary::SubjectId;

/// Prefix of the marks in the `metadata` column family.
const MARK: &[u8] = b"erasing/";
/// The first key after all marks.
const MARKS_END: &[u8] = b"erasing0";
/// How often files are looked through; the second look finds nothing unless the first rewriting
/// was disturbed.
const ATTEMPTS: usize = 4;

/// Marks a person as being erased.
pub(crate) fn mark(changes: &mut Changes, subject: &SubjectId) {
    changes.put(Family::Metadata, mark_key(subject), Vec::new());
}

fn mark_key(subject: &SubjectId) -> Vec<u8> {
    [MARK, subject.as_str().as_bytes()].concat()
}

/// Persons whose erasure was not finished.
pub(crate) fn marked(partition: &Partition) -> Result<Vec<SubjectId>, NodeError> {
    let mut subjects = Vec::new();
    for pair in partition.range(Family::Metadata, MARK, Some(MARKS_END)) {
        let (mark, _) = pair?;
        subjects.extend(key::decode_subject(&mark[MARK.len()..]));
    }
    Ok(subjects)
}

/// Goes on with the erasure of a person if one was begun and failed: what is enrolled of the person
/// from now on must not be taken for what was to go.
pub(crate) fn finish_begun(partition: &Partition, subject: &SubjectId) -> Result<(), NodeError> {
    match partition.get(Family::Metadata, &mark_key(subject))? {
        Some(_) => finish(partition, subject).map(|_| ()),
        None => Ok(()),
    }
}

/// Steps 2 to 5; the number of blob files that went.
pub(crate) fn finish(partition: &Partition, subject: &SubjectId) -> Result<u64, NodeError> {
    let (start, end) = (key::subject_start(subject), key::subject_end(subject));
    partition.flush()?;
    let before = partition.blob_files()?;
    for family in [Family::References, Family::Persons, Family::Images] {
        partition.rewrite(family, Some(&start), Some(&end))?;
    }
    for _ in 0..ATTEMPTS {
        let holding = holding(partition, &start, &end)?;
        if holding.is_empty() {
            let mut changes = Changes::default();
            changes.delete(Family::Metadata, mark_key(subject));
            partition.write(changes)?;
            partition.flush()?;
            partition.rewrite(Family::Metadata, Some(MARK), Some(MARKS_END))?;
            let after = partition.blob_files()?;
            return Ok(before.iter().filter(|file| !after.contains(file)).count() as u64);
        }
        for contents in holding {
            match contents {
                Some(keys) => move_values(partition, &keys)?,
                None => partition.rewrite_with_blobs(Family::Images)?,
            }
        }
    }
    let files = holding(partition, &start, &end)?.len();
    Err(NodeError::ErasureUnfinished { dir: partition.dir().to_owned(), files })
}

/// For every blob file that may hold a key of the range, all its keys where they can be told.
fn holding(
    partition: &Partition,
    start: &[u8],
    end: &[u8],
) -> Result<Vec<Option<Vec<Vec<u8>>>>, NodeError> {
    let mut holding = Vec::new();
    for path in partition.blob_files()? {
        match blob_file::contents(&path, |key| start <= key && key < end) {
            Ok(Contents::Without) => {}
            Ok(Contents::With(keys)) => holding.push(Some(keys)),
            Ok(Contents::Unknown) => holding.push(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(NodeError::file("read", &path, error)),
        }
    }
    Ok(holding)
}

/// Writes the values that are alive under these keys once more, into new files, and drops what
/// refers to the old ones.
fn move_values(partition: &Partition, keys: &[Vec<u8>]) -> Result<(), NodeError> {
    let mut changes = Changes::default();
    for key in keys {
        match partition.get(Family::Images, key) {
            Ok(Some(value)) => changes.put(Family::Images, key.clone(), value),
            Ok(None) => {}
            // It cannot be moved, and would hold the file for ever. Its reference knows that there
            // should be an image, so it is reported as damaged after this as it was before.
            Err(NodeError::DamagedFiles { .. }) => changes.delete(Family::Images, key.clone()),
            Err(error) => return Err(error),
        }
    }
    if !changes.is_empty() {
        partition.write(changes)?;
    }
    partition.flush()?;
    let (first, last) = (keys.iter().min(), keys.iter().max());
    partition.rewrite(Family::Images, first.map(Vec::as_slice), last.map(Vec::as_slice))
}
