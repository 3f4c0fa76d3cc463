//! What every [`Disk`] must do. A disk runs these against itself in its tests.

use super::disk::{Disk, DiskError};

/// Runs the whole suite. `open` gives the disk of a name, with what was written to it before; a
/// disk given earlier under the same name was dropped by then.
///
/// # Errors
/// What the disk answers with.
///
/// # Panics
/// When the disk does not conform.
pub fn check<D: Disk>(mut open: impl FnMut(&str) -> D) -> Result<(), DiskError> {
    reads_what_was_appended(&mut open("appended"))?;
    cuts_and_goes_on_from_there(&mut open("cut"))?;
    renames_over_what_was_there(&mut open("renamed"))?;
    forgets_what_was_removed(&mut open("removed"))?;
    misses_what_never_was(&mut open("missing"));
    survives_reopening(&mut open)
}

fn reads_what_was_appended(disk: &mut impl Disk) -> Result<(), DiskError> {
    assert_eq!(disk.list(), [""; 0]);
    disk.append("b", b"one")?;
    disk.append("a", b"")?;
    disk.append("b", b"two")?;
    assert_eq!(disk.list(), ["a", "b"]);
    assert_eq!((disk.read("b")?, disk.read("a")?), (b"onetwo".to_vec(), Vec::new()));
    disk.sync("b")?;
    disk.sync("a")
}

fn cuts_and_goes_on_from_there(disk: &mut impl Disk) -> Result<(), DiskError> {
    disk.append("a", b"abcdef")?;
    disk.sync("a")?;
    disk.truncate("a", 2)?;
    disk.append("a", b"x")?;
    assert_eq!(disk.read("a")?, b"abx");
    Ok(())
}

fn renames_over_what_was_there(disk: &mut impl Disk) -> Result<(), DiskError> {
    disk.append("to", b"old")?;
    disk.append("from", b"new")?;
    disk.sync("from")?;
    disk.rename("from", "to")?;
    assert_eq!((disk.list(), disk.read("to")?), (vec!["to".to_owned()], b"new".to_vec()));
    // The old name is free again, and the new one is not mistaken for it.
    disk.append("from", b"2")?;
    disk.append("to", b"er")?;
    assert_eq!((disk.read("from")?, disk.read("to")?), (b"2".to_vec(), b"newer".to_vec()));
    Ok(())
}

fn forgets_what_was_removed(disk: &mut impl Disk) -> Result<(), DiskError> {
    disk.append("a", b"old")?;
    disk.remove("a")?;
    assert_eq!(disk.list(), [""; 0]);
    disk.append("a", b"new")?;
    assert_eq!(disk.read("a")?, b"new");
    Ok(())
}

fn misses_what_never_was(disk: &mut impl Disk) {
    assert_eq!(disk.read("a"), Err(DiskError::Missing));
    assert_eq!(disk.truncate("a", 0), Err(DiskError::Missing));
    assert_eq!(disk.sync("a"), Err(DiskError::Missing));
    assert_eq!(disk.remove("a"), Err(DiskError::Missing));
    assert_eq!(disk.rename("a", "b"), Err(DiskError::Missing));
    assert_eq!(disk.list(), [""; 0]);
}

fn survives_reopening<D: Disk>(open: &mut impl FnMut(&str) -> D) -> Result<(), DiskError> {
    let mut disk = open("reopened");
    disk.append("kept", b"1")?;
    disk.sync("kept")?;
    disk.append("incoming", b"2")?;
    disk.sync("incoming")?;
    disk.rename("incoming", "renamed")?;
    drop(disk);
    let mut disk = open("reopened");
    assert_eq!((disk.read("kept")?, disk.read("renamed")?), (b"1".to_vec(), b"2".to_vec()));
    disk.sync("kept")?;
    disk.append("kept", b"3")?;
    drop(disk);
    assert_eq!(open("reopened").read("kept")?, b"13");
    Ok(())
}
