//! What a backup is made of, and where a process keeps its part of one.
//!
//! A backup is a consistent cut at a mark of the log: the catalog, and one replica of every
//! partition, all exactly at the mark's index. Every process keeps what it has at the mark; an
//! operator collects it afterwards.

use crate::identity::PartitionId;
use std::fmt;
use std::str::FromStr;

/// A part of a backup. Its text is its file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackupPart {
    /// The catalog as bytes.
    Catalog,
    /// A [`crate::Checkpoint`] of a partition in its byte form.
    Partition(PartitionId),
}

impl fmt::Display for BackupPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog => f.write_str("catalog"),
            Self::Partition(partition) => write!(f, "partition-{:05}", partition.0),
        }
    }
}

/// The text is not the name of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no part of a backup")]
pub struct NoBackupPart;

impl FromStr for BackupPart {
    type Err = NoBackupPart;

    fn from_str(text: &str) -> Result<Self, NoBackupPart> {
        let part = match text.strip_prefix("partition-") {
            Some(digits) => Self::Partition(PartitionId(digits.parse().map_err(|_| NoBackupPart)?)),
            None => Self::Catalog,
        };
        if part.to_string() == text { Ok(part) } else { Err(NoBackupPart) }
    }
}

/// Where a process keeps its parts.
pub trait Keep: Send + Sync + fmt::Debug {
    /// Keeps a part of the backup at a mark. It must not block: whoever calls has a log to follow.
    /// A part that cannot be kept is missing when it is asked for, and the backup fails.
    fn keep(&self, mark: u64, part: BackupPart, content: Vec<u8>);
}

/// For processes that have no place for backups.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeepNothing;

impl Keep for KeepNothing {
    fn keep(&self, _: u64, _: BackupPart, _: Vec<u8>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_part_reads_back_and_nothing_else_does() {
        for part in [BackupPart::Catalog, BackupPart::Partition(PartitionId(7))] {
            assert_eq!(part.to_string().parse(), Ok(part));
        }
        for text in ["", "catalogue", "partition-7", "partition-+0007", "../catalog", "partition-"]
        {
            assert_eq!(text.parse::<BackupPart>(), Err(NoBackupPart), "{text}");
        }
    }
}
