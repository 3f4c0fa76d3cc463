//! The parts of backups that a process keeps in its data folder: those at the latest mark.
//!
//! They hold templates, also of persons who are erased later: they are let go of once they were
//! collected, when another backup begins, and when the process starts.
//!
//! A folder `backups/MARK` holds a file for each part. A thread of its own writes them, so that the
//! log is followed meanwhile; a file gets its name once it is whole and on disk.

use replication::{BackupPart, Keep};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use transport::Shelf;

const FOLDER: &str = "backups";

/// See the module.
#[derive(Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    writer: Sender<Part>,
}

struct Part {
    mark: u64,
    part: BackupPart,
    content: Vec<u8>,
}

impl Kept {
    /// Keeps parts below the data folder of a process.
    ///
    /// # Errors
    /// When what was kept before cannot be removed, or no thread can be started.
    pub(crate) fn start(data: &Path) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        remove(&folder)?;
        let (writer, parts) = channel();
        let below = folder.clone();
        let work = move || write_all(&below, &parts);
        std::thread::Builder::new().name("backups".to_owned()).spawn(work)?;
        Ok(Self { folder, writer })
    }

    fn path(&self, mark: u64) -> PathBuf {
        of_mark(&self.folder, mark)
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn of_mark(folder: &Path, mark: u64) -> PathBuf {
    folder.join(format!("{mark:016x}"))
}

impl Keep for Kept {
    fn keep(&self, mark: u64, part: BackupPart, content: Vec<u8>) {
        // The thread ends with the process only.
        let _ = self.writer.send(Part { mark, part, content });
    }
}

impl Shelf for Kept {
    fn parts(&self, mark: u64) -> io::Result<Vec<(BackupPart, u64)>> {
        let entries = match fs::read_dir(self.path(mark)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut parts = Vec::new();
        for entry in entries {
            let entry = entry?;
            // What is still being written has another name.
            if let Some(part) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                parts.push((part, entry.metadata()?.len()));
            }
        }
        parts.sort_unstable();
        Ok(parts)
    }

    fn open(&self, mark: u64, part: BackupPart) -> io::Result<File> {
        File::open(self.path(mark).join(part.to_string()))
    }

    fn release(&self, mark: u64) -> io::Result<()> {
        remove(&self.path(mark))
    }
}

fn write_all(folder: &Path, parts: &Receiver<Part>) {
    while let Ok(part) = parts.recv() {
        match write(folder, &part) {
            Ok(()) => tracing::info!(mark = part.mark, part = %part.part, "kept for a backup"),
            Err(error) => {
                let (mark, part) = (part.mark, part.part);
                tracing::error!(mark, %part, %error, "not kept for a backup");
            }
        }
    }
}

fn write(folder: &Path, part: &Part) -> io::Result<()> {
    let own = of_mark(folder, part.mark);
    fs::create_dir_all(&own)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path != own {
            fs::remove_dir_all(path)?;
        }
    }
    let name = part.part.to_string();
    let new = own.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(&part.content)?;
    file.sync_all()?;
    fs::rename(&new, own.join(name))?;
    File::open(&own)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use replication::PartitionId;

    #[test]
    fn the_parts_at_the_latest_mark_are_kept_and_half_written_ones_are_not_shown() {
        let root = tempfile::tempdir().unwrap();
        let keep = |mark, part, text: &str| {
            write(root.path(), &Part { mark, part, content: text.into() }).unwrap();
        };
        let third = BackupPart::Partition(PartitionId(3));
        keep(1, BackupPart::Catalog, "old");
        keep(2, BackupPart::Catalog, "new");
        keep(2, third, "part");
        fs::write(of_mark(root.path(), 2).join("partition-00004.new"), "ha").unwrap();
        let kept = Kept { folder: root.path().to_owned(), writer: channel().0 };
        assert_eq!(kept.parts(1).unwrap(), []);
        assert_eq!(kept.parts(2).unwrap(), [(BackupPart::Catalog, 3), (third, 4)]);
        assert_eq!(io::read_to_string(kept.open(2, third).unwrap()).unwrap(), "part");
        assert!(kept.open(2, BackupPart::Partition(PartitionId(4))).is_err());
        kept.release(2).unwrap();
        assert_eq!(kept.parts(2).unwrap(), []);
        kept.release(2).unwrap();
    }
}
