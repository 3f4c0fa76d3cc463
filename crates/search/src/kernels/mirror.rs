//! What a device holds of a gallery, and how it is brought in step.

use crate::Gallery;
use crate::gallery::{SHELVES, Shelf};
use shaders::device::{BLOCK_RECORDS, DeviceError, Session};
use std::sync::Weak;

/// The copy of one gallery on one device.
pub(super) struct Mirror {
    /// Of the gallery; dead once that is dropped.
    pub(super) identity: Weak<()>,
    /// Which device.
    pub(super) device: usize,
    /// Number of the first shelf on the device.
    first_shelf: u64,
    /// Generation of the device's memory that the rest is about.
    generation: u64,
    shelves: [Copied; SHELVES],
}

/// The copy of one shelf.
#[derive(Clone, Copy, Default)]
struct Copied {
    /// Slots on the device, from 0 on.
    slots: usize,
    /// Changes of the gallery's shelf that the copy knows of.
    changes: u64,
    /// The device took less than it was given: no more is offered until something was dropped.
    full: bool,
}

impl Mirror {
    pub(super) fn new(identity: Weak<()>, device: usize, first_shelf: u64) -> Self {
        let shelves = [Copied::default(); SHELVES];
        Self { identity, device, first_shelf, generation: 0, shelves }
    }

    /// The shelf's number on the device.
    pub(super) const fn shelf(&self, index: usize) -> u64 {
        self.first_shelf + index as u64
    }

    /// Slots of a shelf that are on the device.
    pub(super) const fn resident(&self, index: usize) -> usize {
        self.shelves[index].slots
    }

    /// Makes the copy equal to the gallery, as far as the device's memory reaches.
    pub(super) fn follow(
        &mut self,
        gallery: &Gallery,
        session: &Session<'_>,
    ) -> Result<(), DeviceError> {
        if self.generation != session.generation() {
            self.generation = session.generation();
            self.shelves = [Copied::default(); SHELVES];
        }
        for (index, (_, shelf)) in gallery.shelves().enumerate() {
            let number = self.shelf(index);
            follow_shelf(&mut self.shelves[index], shelf, number, session)?;
        }
        Ok(())
    }

    /// Drops the copy.
    pub(super) fn forget(&mut self, session: &Session<'_>) -> Result<(), DeviceError> {
        for index in 0..SHELVES {
            if self.shelves[index].slots > 0 && self.generation == session.generation() {
                session.forget(self.shelf(index))?;
            }
            self.shelves[index] = Copied::default();
        }
        Ok(())
    }
}

fn follow_shelf(
    copied: &mut Copied,
    shelf: &Shelf,
    number: u64,
    session: &Session<'_>,
) -> Result<(), DeviceError> {
    let known = std::mem::replace(&mut copied.changes, shelf.changes());
    if known != copied.changes {
        // What passed through may be what was removed.
        session.clear_stream()?;
        copied.full = false;
    }
    let kept = copied.slots.min(shelf.len());
    if kept < copied.slots {
        session.truncate(number, kept as u32)?;
        copied.slots = kept;
    }
    match shelf.changed_since(known) {
        Some(changed) => {
            let mut changed: Vec<usize> = changed.filter(|slot| *slot < kept).collect();
            changed.sort_unstable();
            changed.dedup();
            for slot in changed {
                send(shelf, slot..slot + 1, number, session)?;
            }
        }
        None if kept > 0 => {
            session.forget(number)?;
            copied.slots = 0;
        }
        None => {}
    }
    while copied.slots < shelf.len() && !copied.full {
        let end = shelf.len().min(copied.slots + BLOCK_RECORDS as usize);
        let reached = send(shelf, copied.slots..end, number, session)?;
        copied.full = reached < end;
        copied.slots = reached;
    }
    Ok(())
}

/// Sends slots; the length that the device's shelf then has.
fn send(
    shelf: &Shelf,
    slots: std::ops::Range<usize>,
    number: u64,
    session: &Session<'_>,
) -> Result<usize, DeviceError> {
    let first = slots.start as u32;
    let (records, owners) = shelf.copy(slots);
    session.write(number, first, records, owners).map(|reached| reached as usize)
}
