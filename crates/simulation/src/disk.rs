//! The disk of a coordinator: what was not synced may be lost or torn in a crash.

use crate::random::Random;
use coordinator::log::{Disk, DiskError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Debug, Clone, Default)]
struct File {
    content: Vec<u8>,
    synced: usize,
    /// Synced by the sync before the latest, so that a record on disk says so.
    sealed: usize,
    is_named: bool,
}

/// Files, and faults to come.
#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    /// Removed since the last sync, oldest first: the latest of them may come back.
    removed: Vec<(String, File)>,
    /// After so many more operations the process is killed.
    kill_in: Option<u64>,
    is_full: bool,
}

/// A disk that outlives the process that uses it.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimulatedDisk(Rc<RefCell<State>>);

impl SimulatedDisk {
    /// Kills the process in the middle of its `operations`-th operation from now.
    pub(crate) fn kill_in(&self, operations: u64) {
        self.0.borrow_mut().kill_in = Some(operations);
    }

    /// Whether there is room.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.0.borrow_mut().is_full = is_full;
    }

    /// The process died: decides what of the unsynced survives.
    pub(crate) fn crash(&self, random: &mut Random) {
        let mut state = self.0.borrow_mut();
        state.kill_in = None;
        let back = random.below(state.removed.len() as u64 + 1) as usize;
        let lost = state.removed.len() - back;
        for (name, file) in state.removed.split_off(lost) {
            state.files.entry(name).or_insert(file);
        }
        state.removed.clear();
        let names: Vec<String> = state.files.keys().cloned().collect();
        for name in names {
            let Some(file) = state.files.get_mut(&name) else { continue };
            tear(file, random);
            if !file.is_named && random.chance(500) {
                state.files.remove(&name);
            }
        }
    }

    /// Flips one bit that a later record on disk seals; `false` when there is none.
    pub(crate) fn flip(&self, random: &mut Random) -> bool {
        let mut state = self.0.borrow_mut();
        let sealed =
            |(name, file): &(&String, &mut File)| name.starts_with("log-") && file.sealed > 0;
        let mut segments: Vec<&mut File> =
            state.files.iter_mut().filter(sealed).map(|(_, file)| file).collect();
        let chosen = random.below(segments.len() as u64) as usize;
        let Some(file) = segments.get_mut(chosen) else { return false };
        let at = random.below(file.sealed as u64) as usize;
        file.content[at] ^= 1 << random.below(8);
        true
    }

    fn operate(&self, allocates: bool) -> Result<(), DiskError> {
        let mut state = self.0.borrow_mut();
        if let Some(left) = &mut state.kill_in {
            if *left == 0 {
                return Err(DiskError::Killed);
            }
            *left -= 1;
        }
        if allocates && state.is_full { Err(DiskError::Full) } else { Ok(()) }
    }
}

/// Of what follows the synced part, a prefix survives; its last bytes may be garbage.
fn tear(file: &mut File, random: &mut Random) {
    let unsynced = (file.content.len() - file.synced) as u64;
    if unsynced == 0 {
        return;
    }
    let kept = file.synced + random.below(unsynced + 1) as usize;
    file.content.truncate(kept);
    if random.chance(300) && kept > file.synced {
        let from = file.synced + random.below((kept - file.synced) as u64) as usize;
        for byte in &mut file.content[from..] {
            *byte = if random.chance(500) { 0 } else { random.next() as u8 };
        }
    }
    // Whatever is there after the crash is there to stay.
    file.synced = file.content.len();
}

impl Disk for SimulatedDisk {
    fn list(&self) -> Vec<String> {
        self.0.borrow().files.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
        let state = self.0.borrow();
        state.files.get(name).map(|file| file.content.clone()).ok_or(DiskError::Missing)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let result = self.operate(true);
        let mut state = self.0.borrow_mut();
        let file = state.files.entry(name.into()).or_default();
        // Killed or out of room in the middle: half of it is there.
        let written = if result.is_ok() { bytes.len() } else { bytes.len() / 2 };
        file.content.extend_from_slice(&bytes[..written]);
        result
    }

    fn sync(&mut self, name: &str) -> Result<(), DiskError> {
        self.operate(false)?;
        let mut state = self.0.borrow_mut();
        state.removed.clear();
        let file = state.files.get_mut(name).ok_or(DiskError::Missing)?;
        (file.sealed, file.synced) = (file.synced, file.content.len());
        file.is_named = true;
        Ok(())
    }

    fn truncate(&mut self, name: &str, bytes: u64) -> Result<(), DiskError> {
        self.operate(false)?;
        let mut state = self.0.borrow_mut();
        let file = state.files.get_mut(name).ok_or(DiskError::Missing)?;
        file.content.truncate(bytes as usize);
        file.synced = file.content.len();
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        self.operate(false)?;
        let mut state = self.0.borrow_mut();
        let file = state.files.remove(from).ok_or(DiskError::Missing)?;
        state.files.insert(to.into(), File { is_named: true, ..file });
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        self.operate(false)?;
        let mut state = self.0.borrow_mut();
        let file = state.files.remove(name).ok_or(DiskError::Missing)?;
        if file.is_named {
            state.removed.push((name.into(), file));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulated_disk_conforms() {
        let mut disks: BTreeMap<String, SimulatedDisk> = BTreeMap::new();
        let open = |name: &str| disks.entry(name.into()).or_default().clone();
        coordinator::log::conformance::check(open).unwrap();
    }
}
