//! Stage 1 on devices: galleries are mirrored there, and what does not fit streams through.

use super::mirror::Mirror;
use super::{Kernels, Pass};
use crate::gallery::Shelf;
use crate::progress::Meter;
use crate::{Gallery, SearchError};
use matching::PackedRecord;
use shaders::Ranked;
use shaders::device::{BLOCK_RECORDS, Device, DeviceError, Part, PassPlan, Session, Watch};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// One or several devices. Each gallery is kept on one of them, that with the most room when it is
/// first seen; a person is in one gallery only, so answers merge exactly.
pub struct DeviceKernels {
    devices: Vec<Device>,
    mirrors: Mutex<Vec<Arc<Mutex<Mirror>>>>,
    next_shelf: AtomicU64,
}

/// A device that was lost has forgotten everything: it is filled again and asked once more.
const ATTEMPTS: usize = 2;

impl DeviceKernels {
    /// Devices that are open.
    ///
    /// # Panics
    /// Without any device.
    pub fn new(devices: Vec<Device>) -> Self {
        assert!(!devices.is_empty(), "there is at least one device");
        Self { devices, mirrors: Mutex::default(), next_shelf: AtomicU64::new(0) }
    }

    /// The devices.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The mirror of a gallery; those of dropped galleries go.
    fn mirror(&self, gallery: &Gallery) -> Result<Arc<Mutex<Mirror>>, DeviceError> {
        let mut mirrors = self.mirrors.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = gallery.identity();
        let mut gone = Vec::new();
        mirrors.retain(|mirror| {
            let live = lock(mirror).identity.strong_count() > 0;
            if !live {
                gone.push(Arc::clone(mirror));
            }
            live
        });
        for mirror in gone {
            let mut mirror = lock(&mirror);
            let session = self.devices[mirror.device].session();
            mirror.forget(&session)?;
        }
        if let Some(found) = mirrors.iter().find(|m| Weak::ptr_eq(&lock(m).identity, &identity)) {
            return Ok(Arc::clone(found));
        }
        let taken = |device: usize| mirrors.iter().filter(|m| lock(m).device == device).count();
        let room = |device: &usize| {
            let one = &self.devices[*device];
            let left = one.memory_bytes().saturating_sub(one.resident_bytes());
            // Galleries are seen before they are filled: spread them first.
            (std::cmp::Reverse(taken(*device)), left, std::cmp::Reverse(*device))
        };
        let device = (0..self.devices.len()).max_by_key(room).unwrap_or(0);
        let shelf = self.next_shelf.fetch_add(crate::gallery::SHELVES as u64, Ordering::Relaxed);
        let mirror = Arc::new(Mutex::new(Mirror::new(identity, device, shelf)));
        mirrors.push(Arc::clone(&mirror));
        Ok(mirror)
    }

    /// Runs something on the device of a gallery, with the gallery's copy in step; once more when
    /// the device was lost meanwhile.
    fn with_copy<T>(
        &self,
        gallery: &Gallery,
        run: impl Fn(&Mirror, &Device, &Session<'_>) -> Result<T, DeviceError>,
    ) -> Result<T, DeviceError> {
        let mirror = self.mirror(gallery)?;
        let mut mirror = lock(&mirror);
        let device = &self.devices[mirror.device];
        let mut attempt = 1;
        loop {
            let session = device.session();
            let result =
                mirror.follow(gallery, &session).and_then(|()| run(&mirror, device, &session));
            match result {
                Err(DeviceError::Lost { .. }) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }
}

fn lock(mirror: &Mutex<Mirror>) -> std::sync::MutexGuard<'_, Mirror> {
    mirror.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kernels for DeviceKernels {
    fn name(&self) -> String {
        let names: Vec<String> =
            self.devices.iter().map(|device| device.summary().label()).collect();
        names.join(", ")
    }

    fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError> {
        let search = |mirror: &Mirror, device: &Device, session: &Session<'_>| {
            let watch = Watching { meter: pass.meter, pairs: AtomicU64::new(0) };
            DevicePass { pass, mirror, device, session, watch }.run()
        };
        self.with_copy(pass.gallery, search).map_err(SearchError::from)
    }

    fn settle(&self, gallery: &Gallery) -> Result<(), SearchError> {
        match self.with_copy(gallery, |_, _, _| Ok(())) {
            Ok(()) => Ok(()),
            // What is out of service holds nothing any more: its memory was given back.
            Err(DeviceError::Down { .. } | DeviceError::Banned { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn parts(&self) -> usize {
        self.devices.len()
    }
}

/// Passes progress on, and counts what was scored.
struct Watching<'a> {
    meter: &'a Meter<'a>,
    pairs: AtomicU64,
}

impl Watch for Watching<'_> {
    fn cancelled(&self) -> bool {
        self.meter.cancelled()
    }

    fn scored(&self, pairs: u64) {
        self.pairs.fetch_add(pairs, Ordering::Relaxed);
        self.meter.advance(pairs);
    }
}

/// One search on one device.
struct DevicePass<'a> {
    pass: &'a Pass<'a>,
    mirror: &'a Mirror,
    device: &'a Device,
    session: &'a Session<'a>,
    watch: Watching<'a>,
}

impl DevicePass<'_> {
    /// Scores as many prints at a time as the device's memory allows, and ranks each probe when the
    /// last of its prints is done.
    fn run(&self) -> Result<Vec<Ranked>, DeviceError> {
        let per_pass = self.device.prints_per_pass(self.pass.gallery.persons())?;
        let longest = self.pass.probes.iter().map(Range::len).max().unwrap_or(0);
        let max = shaders::layout::tasks::PRINTS_OF_A_PROBE_MAX;
        if longest > max {
            return Err(DeviceError::Prints { prints: longest, max });
        }
        let mut ranked = Vec::with_capacity(self.pass.probes.len());
        let mut next = 0;
        while next < self.pass.prints.len() {
            let prints = next..self.pass.prints.len().min(next + per_pass);
            self.score(prints.clone(), next == 0)?;
            for probe in &self.pass.probes[ranked.len()..] {
                let start = probe.start.max(prints.start);
                let end = probe.end.min(prints.end);
                if start < end {
                    let row = |print: usize| (print - prints.start) as u32;
                    self.session.accumulate(row(start)..row(end), &self.watch)?;
                }
                if probe.end > prints.end {
                    break;
                }
                ranked.push(self.rank(probe)?);
            }
            next = prints.end;
        }
        // Probes without a usable print at the end, or no print at all.
        ranked.resize_with(self.pass.probes.len(), Ranked::default);
        Ok(ranked)
    }

    fn rank(&self, probe: &Range<usize>) -> Result<Ranked, DeviceError> {
        if probe.is_empty() {
            return Ok(Ranked::default());
        }
        let persons = self.pass.gallery.persons() as u32;
        self.session.rank(self.pass.limit().min(persons.max(1)))
    }

    /// Scores some prints against every shelf.
    fn score(&self, prints: Range<usize>, fresh: bool) -> Result<(), DeviceError> {
        let persons = self.pass.gallery.persons() as u32;
        let before = self.watch.pairs.load(Ordering::Relaxed);
        let mut expected = 0;
        let rows: Vec<(&PackedRecord, Option<u16>)> = prints
            .clone()
            .map(|print| (&self.pass.prints[print].record, self.only(print)))
            .collect();
        self.session.begin(&PassPlan {
            persons,
            prints: &rows,
            parameters: self.pass.parameters,
            limit: self.pass.limit().min(persons.max(1)),
            fresh,
        })?;
        let shelves: Vec<(usize, &Shelf, u64)> = self
            .pass
            .gallery
            .shelves()
            .enumerate()
            .map(|(index, (position, shelf))| {
                let searching = self.pass.searching(prints.clone(), position);
                (index, shelf, searching.iter().fold(0, |bits, p| bits | 1 << (p - prints.start)))
            })
            .collect();
        let part = |&(index, shelf, prints): &(usize, &Shelf, u64)| {
            expected += shelf.len() as u64 * u64::from(prints.count_ones());
            let slots = self.mirror.resident(index) as u32;
            Part { shelf: self.mirror.shelf(index), slots, prints }
        };
        let parts: Vec<Part> = shelves.iter().map(part).collect();
        self.session.score(&parts, &self.watch)?;
        for (index, shelf, prints) in shelves.into_iter().filter(|(_, _, prints)| *prints != 0) {
            self.stream(shelf, self.mirror.resident(index), prints)?;
        }
        // The last tiles are waited for here.
        self.session.accumulate(0..0, &self.watch)?;
        let scored = self.watch.pairs.load(Ordering::Relaxed) - before;
        if scored == expected {
            return Ok(());
        }
        let device = self.device.summary().label();
        let detail = format!("it scored {scored} pairs where {expected} were to be scored");
        Err(DeviceError::Refused { device, detail })
    }

    /// The one extractor whose references count for a print, when any shelf holds others.
    fn only(&self, print: usize) -> Option<u16> {
        self.pass.gallery.shelves().find_map(|(_, shelf)| self.pass.only_version(print, shelf))
    }

    /// Sends the slots of a shelf that are not resident.
    fn stream(&self, shelf: &Shelf, from: usize, prints: u64) -> Result<(), DeviceError> {
        let mut first = from;
        while first < shelf.len() {
            let end = shelf.len().min(first + BLOCK_RECORDS as usize);
            let (records, owners) = shelf.copy(first..end);
            self.session.score_block(records, owners, prints, &self.watch)?;
            first = end;
        }
        Ok(())
    }
}
