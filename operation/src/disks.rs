//! Which disks coordinators have: this one's own, and those of the others as they were first met.
//!
//! A coordinator whose disk was emptied has forgotten its votes and what it promised to keep. It is
//! told from the one that it was by its incarnation, drawn when its folder is begun: the others
//! remember it, and hear nobody of that id with another one.

use crate::connection::random;
use anyhow::{Context, bail};
use replication::CoordinatorId;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Holds this coordinator's own incarnation.
const OWN: &str = "incarnation";
/// Holds those of the others.
const OTHERS: &str = "coordinators";

/// See the module.
pub(crate) struct Disks {
    folder: PathBuf,
    own: u64,
    others: Mutex<BTreeMap<u64, u64>>,
}

impl Disks {
    /// Draws the incarnation of a new folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(folder: &Path) -> anyhow::Result<()> {
        let drawn = random() as u64;
        let path = folder.join(OWN);
        write(folder, OWN, &format!("{drawn:016x}\n")).with_context(|| path.display().to_string())
    }

    /// Opens the folder of a coordinator.
    ///
    /// # Errors
    /// When it was not begun, or a file is none of ours.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let own = fs::read_to_string(folder.join(OWN)).with_context(|| {
            let path = folder.join(OWN);
            format!("{}: begin with `tanba coordinator found` or `join`", path.display())
        })?;
        let own = hexadecimal(own.trim()).with_context(|| format!("{OWN} is damaged"))?;
        let others = match fs::read_to_string(folder.join(OTHERS)) {
            Ok(text) => parse(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).context(OTHERS),
        };
        Ok(Self { folder: folder.to_owned(), own, others: Mutex::new(others) })
    }

    /// This coordinator's own incarnation.
    pub(crate) const fn own(&self) -> u64 {
        self.own
    }

    /// Whether a coordinator is the one that it was; a new one is remembered on disk first.
    pub(crate) fn is_known(&self, id: CoordinatorId, incarnation: u64) -> bool {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(&id.0) {
            return *known == incarnation;
        }
        others.insert(id.0, incarnation);
        let line = |(id, incarnation): (&u64, &u64)| format!("{id} {incarnation:016x}\n");
        let text: String = others.iter().map(line).collect();
        let written = write(&self.folder, OTHERS, &text);
        if let Err(error) = &written {
            // Not heard until it can be remembered.
            tracing::error!(%error, "{OTHERS} cannot be written");
            others.remove(&id.0);
        }
        written.is_ok()
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16)
}

fn parse(text: &str) -> anyhow::Result<BTreeMap<u64, u64>> {
    let mut others = BTreeMap::new();
    for line in text.lines() {
        let words = line.split_once(' ');
        let pair = words.and_then(|(id, drawn)| Some((id.parse().ok()?, hexadecimal(drawn)?)));
        match pair {
            Some((id, incarnation)) => drop(others.insert(id, incarnation)),
            None => bail!("{OTHERS} is damaged: `{line}`"),
        }
    }
    Ok(others)
}

/// The whole text or the one before, whatever happens.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_was_exchanged_is_noticed_also_after_a_restart() {
        let root = tempfile::tempdir().unwrap();
        assert!(Disks::open(root.path()).is_err());
        Disks::begin(root.path()).unwrap();
        let disks = Disks::open(root.path()).unwrap();
        assert!(disks.is_known(CoordinatorId(2), 7) && disks.is_known(CoordinatorId(3), 8));
        assert!(disks.is_known(CoordinatorId(2), 7) && !disks.is_known(CoordinatorId(2), 8));
        let again = Disks::open(root.path()).unwrap();
        assert_eq!(again.own(), disks.own());
        assert!(again.is_known(CoordinatorId(3), 8) && !again.is_known(CoordinatorId(3), 7));
    }

    #[test]
    fn a_new_folder_is_another_incarnation() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for root in [&one, &other] {
            Disks::begin(root.path()).unwrap();
        }
        let own = |root: &tempfile::TempDir| Disks::open(root.path()).unwrap().own();
        assert_ne!(own(&one), own(&other));
    }

    #[test]
    fn a_damaged_memory_is_no_memory_of_nobody() {
        assert_eq!(parse("2 0000000000000007\n").unwrap(), BTreeMap::from([(2, 7)]));
        assert!(parse("2 7\n").is_err() && parse("two 0000000000000007\n").is_err());
    }
}
