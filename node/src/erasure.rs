//! Taking the bytes of erased persons out of the files.
//!
//! Deleting a key in RocksDB hides its value; the bytes stay in the log, in table files and in blob
//! files until compactions happen to rewrite them. An erasure does not wait for that:
//! 1. The records are deleted and the person is marked as being erased, in one synced batch.
//! 2. Memory tables are flushed, which frees the log.
//! 3. Table files that cover the person's keys are rewritten.
//! 4. Every blob file that still holds a key of the person is found by walking it; all keys between
//!    its first and its last are rewritten, so no live key is left in it and RocksDB removes it.
//! 5. When no blob file holds a key of the person any more, the mark is removed.
//!
//! A process killed in between leaves the mark, and the next open goes on with step 2.
//!
//! What is beyond this: blocks that the file system or the drive freed but has not overwritten.

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

/// Steps 2 to 5; the number of blob files that went.
pub(crate) fn finish(partition: &Partition, subject: &SubjectId) -> Result<u64, NodeError> {
    let (start, end) = (key::subject_start(subject), key::subject_end(subject));
    partition.flush()?;
    let before = partition.blob_files()?;
    for family in [Family::References, Family::Persons, Family::Images] {
        partition.rewrite(family, Some(&start), Some(&end))?;
    }
    for _ in 0..ATTEMPTS {
        let spans = spans(partition, &start, &end)?;
        if spans.is_empty() {
            let mut changes = Changes::default();
            changes.delete(Family::Metadata, mark_key(subject));
            partition.write(changes)?;
            partition.flush()?;
            partition.rewrite(Family::Metadata, Some(MARK), Some(MARKS_END))?;
            let after = partition.blob_files()?;
            return Ok(before.iter().filter(|file| !after.contains(file)).count() as u64);
        }
        for (first, last) in spans {
            partition.rewrite(Family::Images, first.as_deref(), last.as_deref())?;
        }
    }
    let files = spans(partition, &start, &end)?.len();
    Err(NodeError::ErasureUnfinished { dir: partition.dir().to_owned(), files })
}

/// A range of keys, open where `None`.
type Span = (Option<Vec<u8>>, Option<Vec<u8>>);

/// For every blob file that may hold a key of the range, the span of its keys.
fn spans(partition: &Partition, start: &[u8], end: &[u8]) -> Result<Vec<Span>, NodeError> {
    let mut spans = Vec::new();
    for path in partition.blob_files()? {
        match blob_file::contents(&path, |key| start <= key && key < end) {
            Ok(Contents::Without) => {}
            Ok(Contents::With(keys)) => {
                let (first, last) = keys.into_inner();
                spans.push((Some(first), Some(last)));
            }
            Ok(Contents::Unknown) => spans.push((None, None)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(NodeError::file("read", &path, error)),
        }
    }
    Ok(spans)
}
