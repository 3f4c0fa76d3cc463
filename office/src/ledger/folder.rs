//! A ledger in one file of a folder.
//!
//! A record is the length of the entry, the CRC-32 of these four bytes and that of the entry, four
//! bytes each, low byte first, then the entry, a text without zero bytes. What a crash left of the
//! last record is cut off at the next start: it is short, or has zeros where bytes never came. Any
//! other damage, in the last record too, is never repaired by forgetting.

use super::{Ledger, LedgerError};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Error, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "ledger";
const HEADER: usize = 12;

/// Entries in a file that nobody else uses.
#[derive(Debug)]
pub struct FolderLedger {
    path: PathBuf,
    file: File,
    /// Where each record begins, and where the next one will.
    starts: Vec<u64>,
    /// A write failed: what is on disk is known only after opening anew.
    failed: bool,
}

impl FolderLedger {
    /// Makes an empty ledger in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder holds one already or cannot be written.
    pub fn create(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join(NAME);
        let error = |what| move |error: Error| file_error(&folder.join(NAME), what, &error);
        fs::create_dir_all(folder).map_err(error("its folder cannot be made"))?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|file| file.sync_all())
            .and_then(|()| File::open(folder)?.sync_all())
            .map_err(error("it cannot be made"))?;
        Self::open(folder)
    }

    /// Opens the ledger of a folder; a record that a crash cut short is dropped.
    ///
    /// # Errors
    /// When there is none, somebody else uses it, or it is damaged before its end.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join(NAME);
        let error = |what| move |error: Error| file_error(&folder.join(NAME), what, &error);
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(LedgerError::Missing { path: folder.to_owned() });
            }
            Err(e) => return Err(error("it cannot be opened")(e)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse { path }),
            Err(TryLockError::Error(e)) => return Err(error("it cannot be locked")(e)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(error("it cannot be read"))?;
        let starts =
            records(&bytes).map_err(|at| LedgerError::Damaged { path: path.clone(), at })?;
        let end = *starts.last().expect("there is always an end");
        if end < bytes.len() as u64 {
            file.set_len(end)
                .and_then(|()| file.sync_all())
                .map_err(error("its torn end cannot be cut off"))?;
        }
        Ok(Self { path, file, starts, failed: false })
    }

    fn write(&mut self, record: &[u8]) -> std::io::Result<()> {
        let end = *self.starts.last().expect("there is always an end");
        self.file.seek(SeekFrom::Start(end))?;
        self.file.write_all(record)?;
        self.file.sync_data()
    }
}

impl Ledger for FolderLedger {
    fn read(&mut self, from: u64) -> Result<Vec<Vec<u8>>, LedgerError> {
        let first = usize::try_from(from).unwrap_or(usize::MAX).min(self.starts.len() - 1);
        let read = |file: &mut File| {
            self.starts[first..]
                .windows(2)
                .map(|ends| {
                    let mut bytes = vec![0; (ends[1] - ends[0]) as usize - HEADER];
                    file.seek(SeekFrom::Start(ends[0] + HEADER as u64))?;
                    file.read_exact(&mut bytes)?;
                    Ok(bytes)
                })
                .collect::<std::io::Result<_>>()
        };
        read(&mut self.file).map_err(|e| file_error(&self.path, "it cannot be read", &e))
    }

    fn append(&mut self, number: u64, entry: &[u8]) -> Result<(), LedgerError> {
        if number != self.starts.len() as u64 - 1 || self.failed {
            return Err(LedgerError::Conflict { number });
        }
        let record = [&header(entry)[..], entry].concat();
        if let Err(error) = self.write(&record) {
            self.failed = true;
            return Err(file_error(&self.path, "an entry cannot be written", &error));
        }
        let end = *self.starts.last().expect("there is always an end");
        self.starts.push(end + record.len() as u64);
        Ok(())
    }
}

fn file_error(path: &Path, what: &'static str, error: &Error) -> LedgerError {
    LedgerError::File { path: path.to_owned(), what, kind: error.kind() }
}

fn header(entry: &[u8]) -> [u8; HEADER] {
    let length = (entry.len() as u32).to_le_bytes();
    let crc = |bytes: &[u8]| crc32fast::hash(bytes).to_le_bytes();
    let words = [length, crc(&length), crc(entry)];
    std::array::from_fn(|at| words[at / 4][at % 4])
}

/// Where records begin, and at last where the next one will; or the place of damage that no crash
/// leaves.
fn records(bytes: &[u8]) -> Result<Vec<u64>, u64> {
    let mut starts = vec![0];
    let mut at = 0;
    while let Some((head, rest)) = bytes[at..].split_first_chunk::<HEADER>() {
        let length = [head[0], head[1], head[2], head[3]];
        let is_length = crc32fast::hash(&length).to_le_bytes() == head[4..8];
        let length = u32::from_le_bytes(length) as usize;
        let came = |bytes: &[u8]| !bytes.contains(&0);
        match rest.get(..length) {
            _ if !is_length => {
                let nothing_came = head.iter().chain(rest).all(|byte| *byte == 0);
                return if nothing_came { Ok(starts) } else { Err(at as u64) };
            }
            None => break,
            Some(entry) if header(entry) == *head => {}
            Some(entry) if came(entry) || rest.len() > length => return Err(at as u64),
            Some(_) => break,
        }
        at += HEADER + length;
        starts.push(at as u64);
    }
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> [Vec<u8>; 3] {
        [b"first".to_vec(), b"the second entry".to_vec(), b"3".to_vec()]
    }

    fn written(folder: &Path) {
        let mut ledger = FolderLedger::create(folder).unwrap();
        for (number, entry) in entries().iter().enumerate() {
            ledger.append(number as u64, entry).unwrap();
        }
    }

    #[test]
    fn what_was_appended_is_read_again_by_the_next_who_opens_it() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let mut ledger = FolderLedger::open(folder.path()).unwrap();
        assert_eq!(ledger.read(0).unwrap(), entries());
        assert_eq!(ledger.read(2).unwrap(), entries()[2..]);
        assert_eq!(ledger.read(9).unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(ledger.append(2, b"x"), Err(LedgerError::Conflict { number: 2 }));
        ledger.append(3, b"fourth").unwrap();
        assert_eq!(ledger.read(3).unwrap(), [b"fourth"]);
    }

    #[test]
    fn a_file_cut_anywhere_holds_the_entries_before_the_cut_and_takes_more() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let whole = fs::read(folder.path().join(NAME)).unwrap();
        let ends = records(&whole).unwrap();
        for cut in 0..=whole.len() {
            fs::write(folder.path().join(NAME), &whole[..cut]).unwrap();
            let mut ledger = FolderLedger::open(folder.path()).unwrap();
            let kept = ends[1..].iter().filter(|end| **end <= cut as u64).count();
            assert_eq!(ledger.read(0).unwrap(), entries()[..kept], "cut at {cut}");
            ledger.append(kept as u64, b"after").unwrap();
            drop(ledger);
            let again = FolderLedger::open(folder.path()).unwrap().read(kept as u64).unwrap();
            assert_eq!(again, [b"after"], "cut at {cut}");
        }
    }

    #[test]
    fn bytes_that_never_came_at_the_end_are_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let path = folder.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        let last = *records(&whole).unwrap().iter().rev().nth(1).unwrap() as usize;
        let second = *records(&whole).unwrap().iter().rev().nth(2).unwrap() as usize;
        for (from, kept) in [(last, 2), (whole.len() - 1, 2), (second, 1)] {
            let mut bytes = whole.clone();
            bytes[from..].fill(0);
            fs::write(&path, &bytes).unwrap();
            let found = FolderLedger::open(folder.path()).unwrap().read(0).unwrap();
            assert_eq!(found, entries()[..kept], "zeros from {from}");
        }
    }

    #[test]
    fn a_bit_that_flips_is_damage_and_nothing_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let path = folder.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                fs::write(&path, &bytes).unwrap();
                let opened = FolderLedger::open(folder.path());
                let damaged = matches!(opened, Err(LedgerError::Damaged { .. }));
                assert!(damaged, "byte {at}, bit {bit}");
                assert_eq!(fs::read(&path).unwrap(), bytes, "the file stays as it is");
            }
        }
    }

    #[test]
    fn two_do_not_use_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = FolderLedger::create(folder.path()).unwrap();
        let second = FolderLedger::open(folder.path()).unwrap_err();
        assert!(matches!(second, LedgerError::InUse { .. }), "{second}");
        drop(ledger);
        assert!(FolderLedger::open(folder.path()).is_ok());
        let missing = FolderLedger::open(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("tanba registry init"), "{missing}");
    }
}
