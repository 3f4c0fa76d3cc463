//! The side of whoever asks a device.

use super::DeviceError;
use super::adapters::{AdapterKind, AdapterSummary};
use super::fault::Fault;
use super::options::DeviceOptions;
use super::peaks::Peaks;
use super::worker::{DeviceState, Job, Pass, Reply, Status, Worker, scratch_bytes};
use crate::layout::tasks::{PRINTS_MAX, print_quads};
use crate::made_up::full_record;
use crate::twin::ranking::Ranked;
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// References of one block that streams through a device, at most (18 MB).
pub const BLOCK_RECORDS: u32 = 16_384;
/// Blocks that the rate of a GPU is measured with (290 MB).
const RATE_BLOCKS: u32 = 16;
/// Part of the reported memory that is used by default, in percent.
const MEMORY_PERCENT: u64 = 85;
/// Memory used when a device does not say how much it has.
const MEMORY_UNKNOWN_BYTES: u64 = 1 << 30;
/// How often a waiting caller looks whether it was cancelled.
const PATIENCE: Duration = Duration::from_millis(10);

/// How a caller stops a search and hears of its progress.
pub trait Watch {
    /// Whether the search should stop.
    fn cancelled(&self) -> bool;

    /// So many more pairs were scored.
    fn scored(&self, pairs: u64);
}

/// References of a shelf that take part in a pass.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The shelf.
    pub shelf: u64,
    /// Its first slots, so many.
    pub slots: u32,
    /// Bit `p`: print `p` of the pass is compared.
    pub prints: u64,
}

/// Prints that one pass compares with a gallery.
#[derive(Debug, Clone, Copy)]
pub struct PassPlan<'a> {
    /// Persons of the gallery.
    pub persons: u32,
    /// Prints, each with the one extractor whose references count, if any.
    pub prints: &'a [(&'a PackedRecord, Option<u16>)],
    /// Parameters of the score.
    pub parameters: &'a Stage1Parameters,
    /// Persons that will be asked of [`Session::rank`].
    pub limit: u32,
    /// Whether it is the first pass of a search: sums left by another are forgotten.
    pub fresh: bool,
}

/// A device in use. Dropping it gives its memory back.
pub struct Device {
    summary: AdapterSummary,
    memory_bytes: u64,
    binding_bytes_max: u64,
    subgroup: Option<u32>,
    deadline: Duration,
    status: Arc<Status>,
    exclusive: Mutex<()>,
    /// `None` once it is dropped.
    jobs: Option<SyncSender<Job>>,
    /// Disconnected when the thread has given the device back.
    closed: Mutex<Receiver<()>>,
}

impl Drop for Device {
    /// Waits until the device is given back, as long as any work may take: a driver that still
    /// works when the process ends can crash it.
    fn drop(&mut self) {
        self.jobs = None;
        let closed = self.closed.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = closed.recv_timeout(self.deadline);
    }
}

impl Device {
    /// Opens an adapter: makes and runs every kernel and compares known scores.
    ///
    /// # Errors
    /// When the driver refuses, memory is short, or a known score differs.
    pub fn open(summary: &AdapterSummary, options: &DeviceOptions) -> Result<Self, DeviceError> {
        let reported =
            summary.memory_bytes.map_or(MEMORY_UNKNOWN_BYTES, |bytes| bytes / 100 * MEMORY_PERCENT);
        let memory_bytes = options.memory_bytes.unwrap_or(reported);
        let status = Arc::new(Status::new());
        let (jobs, receiver) = mpsc::sync_channel(4);
        let (opened, ready) = mpsc::sync_channel(1);
        let (closes, closed) = mpsc::sync_channel(0);
        let (number, label, options) = (summary.number, summary.label(), options.clone());
        let (shared, deadline) = (Arc::clone(&status), options.deadline);
        let name = format!("device {number}");
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            let _closes: SyncSender<()> = closes;
            match Worker::open(number, label, options, memory_bytes, shared) {
                Ok(worker) => {
                    let _ = opened.send(Ok((worker.binding_bytes_max(), worker.subgroup())));
                    worker.serve(&receiver);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        });
        let failed = |detail: String| DeviceError::Open { device: summary.label(), detail };
        thread.map_err(|error| failed(error.to_string()))?;
        let opened = ready.recv().map_err(|_| failed("its thread ended".into()))?;
        let (binding_bytes_max, subgroup) = opened?;
        Ok(Self {
            summary: summary.clone(),
            memory_bytes,
            binding_bytes_max,
            subgroup,
            deadline,
            status,
            exclusive: Mutex::new(()),
            jobs: Some(jobs),
            closed: Mutex::new(closed),
        })
    }

    /// Which adapter it is.
    pub const fn summary(&self) -> &AdapterSummary {
        &self.summary
    }

    /// Bytes of its memory that may be used.
    pub const fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Bytes that references take on it now.
    pub fn resident_bytes(&self) -> u64 {
        self.status.resident_bytes.load(Ordering::Relaxed)
    }

    /// Lanes of the subgroups that its kernel uses, if any.
    pub const fn subgroup_lanes(&self) -> Option<u32> {
        self.subgroup
    }

    /// Whether it serves.
    pub fn state(&self) -> DeviceState {
        self.status.state()
    }

    /// Comparisons of known scores made since it was opened.
    pub fn checks(&self) -> u64 {
        self.status.checks.load(Ordering::Relaxed)
    }

    /// Grows whenever what was resident is gone.
    pub fn generation(&self) -> u64 {
        self.status.generation.load(Ordering::SeqCst)
    }

    /// Prints that one pass over so many persons can score, at least 1.
    ///
    /// # Errors
    /// When not even the scores of one print fit into a buffer.
    pub fn prints_per_pass(&self, persons: usize) -> Result<usize, DeviceError> {
        let row = 4 * persons.max(1) as u64;
        if row > self.binding_bytes_max {
            return Err(DeviceError::Persons {
                device: self.summary.label(),
                persons: persons as u64,
                persons_max: self.binding_bytes_max / 4,
            });
        }
        let scratch = scratch_bytes(self.memory_bytes).saturating_sub(row);
        let rows = self.binding_bytes_max.min(scratch) / row;
        Ok((rows as usize).clamp(1, PRINTS_MAX))
    }

    /// Exclusive use of the device, for one search or update.
    pub fn session(&self) -> Session<'_> {
        let guard = self.exclusive.lock().unwrap_or_else(PoisonError::into_inner);
        Session { device: self, generation: self.generation(), _guard: guard }
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({}, {:?})", self.summary.label(), self.state())
    }
}

/// Exclusive use of a device. What was resident at its start stays so, or every call fails.
pub struct Session<'a> {
    device: &'a Device,
    generation: u64,
    _guard: MutexGuard<'a, ()>,
}

/// Nobody watches.
struct Unwatched;

impl Watch for Unwatched {
    fn cancelled(&self) -> bool {
        false
    }

    fn scored(&self, _: u64) {}
}

impl Session<'_> {
    /// The generation of what is resident.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Writes references into slots of a shelf from `first` on, which is at most its length there;
    /// returns the length reached, less than asked for when the memory is full.
    ///
    /// # Errors
    /// As every call of a session: the device was lost, is banned or out of service.
    ///
    /// # Panics
    /// When there is not one owner for each record.
    pub fn write(
        &self,
        shelf: u64,
        first: u32,
        records: Vec<PackedRecord>,
        owners: Vec<u32>,
    ) -> Result<u32, DeviceError> {
        assert_eq!(records.len(), owners.len(), "an owner for every record");
        self.call(&Unwatched, |reply, _| Job::Write { shelf, first, records, owners, reply })
    }

    /// Drops the slots of a shelf from `len` on; they are overwritten when this returns.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn truncate(&self, shelf: u64, len: u32) -> Result<(), DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Truncate { shelf, len, reply })
    }

    /// Drops a shelf; it is overwritten when this returns.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn forget(&self, shelf: u64) -> Result<(), DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Forget { shelf, reply })
    }

    /// Overwrites references that have only passed through.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn clear_stream(&self) -> Result<(), DeviceError> {
        self.call(&Unwatched, |reply, _| Job::ClearStream { reply })
    }

    /// Begins a pass.
    ///
    /// # Errors
    /// As every call of a session, and when there is no memory for the scores.
    ///
    /// # Panics
    /// With more prints than [`Device::prints_per_pass`] allows, or a malformed record.
    pub fn begin(&self, plan: &PassPlan<'_>) -> Result<(), DeviceError> {
        let &PassPlan { persons, prints, parameters, limit, fresh } = plan;
        assert!(prints.len() <= PRINTS_MAX, "a pass has at most {PRINTS_MAX} prints");
        let words =
            |(print, only): &(&PackedRecord, Option<u16>)| print_quads(print, *only, parameters);
        let prints = prints.iter().map(words).collect();
        let (limit, parameters) = (limit.max(1), parameters.clone());
        let pass = Pass { persons, prints, limit, parameters, fresh };
        self.call(&Unwatched, |reply, _| Job::Begin { pass, reply })
    }

    /// Scores resident references.
    ///
    /// # Errors
    /// As every call of a session, and [`DeviceError::Cancelled`].
    pub fn score(&self, parts: &[Part], watch: &dyn Watch) -> Result<(), DeviceError> {
        let parts = parts.iter().map(|part| (part.shelf, part.slots, part.prints)).collect();
        self.call(watch, |reply, stop| Job::Score { parts, stop, reply })
    }

    /// Scores references that are not resident, at most [`BLOCK_RECORDS`] of them: returns while
    /// they are still being scored, so that the next block can be made ready.
    ///
    /// # Errors
    /// As [`Self::score`].
    pub fn score_block(
        &self,
        records: Vec<PackedRecord>,
        owners: Vec<u32>,
        prints: u64,
        watch: &dyn Watch,
    ) -> Result<(), DeviceError> {
        assert_eq!(records.len(), owners.len(), "an owner for every record");
        self.call(watch, |reply, stop| Job::ScoreBlock { records, owners, prints, stop, reply })
    }

    /// Adds the best scores of some prints of the pass to the sums of their probe.
    ///
    /// # Errors
    /// As [`Self::score`].
    pub fn accumulate(&self, prints: Range<u32>, watch: &dyn Watch) -> Result<(), DeviceError> {
        self.call(watch, |reply, stop| Job::Accumulate { prints, stop, reply })
    }

    /// The best `limit` persons by the sums accumulated, which start again from nothing. `limit` is
    /// at least 1.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn rank(&self, limit: u32) -> Result<Ranked, DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Rank { limit: limit.max(1), reply })
    }

    /// Compares known scores and digests everything resident, now.
    ///
    /// # Errors
    /// [`DeviceError::Banned`] when something differs, else as every call of a session.
    pub fn check(&self) -> Result<(), DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Check { reply })
    }

    /// Words of references that are not resident and still lie on the device: those dropped, and
    /// those that passed through. After [`Self::truncate`] and [`Self::clear_stream`] there is
    /// none.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn residue(&self) -> Result<usize, DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Residue { reply })
    }

    /// Measures what the device can do at best.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn peaks(&self) -> Result<Peaks, DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Peaks { reply })
    }

    /// Pairs per second of one made-up print with made-up references, a few seconds at most: what
    /// `devices` lists.
    ///
    /// # Errors
    /// As every call of a session.
    pub fn rate(&self) -> Result<f64, DeviceError> {
        const SHELF: u64 = u64::MAX;
        let records: Vec<PackedRecord> = (0..u64::from(BLOCK_RECORDS)).map(full_record).collect();
        // A GPU is busy with a block for so short a time that its start and end would count most.
        let blocks = if self.device.summary.kind == AdapterKind::Gpu { RATE_BLOCKS } else { 1 };
        let mut slots = 0;
        for _ in 0..blocks {
            let owners = (slots..slots + BLOCK_RECORDS).collect();
            slots = self.write(SHELF, slots, records.clone(), owners)?;
        }
        let print = full_record(77);
        let part = Part { shelf: SHELF, slots, prints: 1 };
        let mut parts = vec![part];
        let (parameters, prints) = (Stage1Parameters::default(), [(&print, None)]);
        let plan = PassPlan {
            persons: slots,
            prints: &prints,
            parameters: &parameters,
            limit: 1,
            fresh: true,
        };
        let mut best = 0.0f64;
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(1) {
            self.begin(&plan)?;
            let start = Instant::now();
            self.score(&parts, &Unwatched)?;
            let took = start.elapsed();
            best = best.max(f64::from(slots) * parts.len() as f64 / took.as_secs_f64());
            if took < Duration::from_millis(100) && parts.len() < 1024 {
                parts = vec![part; 2 * parts.len()];
            }
        }
        self.forget(SHELF)?;
        Ok(best)
    }

    /// Provokes a fault, for tests.
    ///
    /// # Errors
    /// The fault itself, when it strikes at once.
    pub fn inject(&self, fault: Fault) -> Result<(), DeviceError> {
        self.call(&Unwatched, |reply, _| Job::Inject { fault, reply })
    }

    /// Asks the worker and waits, as long as it makes progress.
    fn call<T>(
        &self,
        watch: &dyn Watch,
        job: impl FnOnce(Reply<T>, Arc<AtomicBool>) -> Job,
    ) -> Result<T, DeviceError> {
        let status = &self.device.status;
        self.same_generation()?;
        let (reply, answer) = mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let mut seen = status.scored.load(Ordering::Relaxed);
        let jobs = self.device.jobs.as_ref().expect("a device in use is not dropped");
        if jobs.send(job(reply, Arc::clone(&stop))).is_err() {
            return Err(self.ended());
        }
        let mut moved = Instant::now();
        loop {
            let received = answer.recv_timeout(PATIENCE);
            let scored = status.scored.load(Ordering::Relaxed);
            if scored != seen {
                watch.scored(scored - seen);
                (seen, moved) = (scored, Instant::now());
            }
            match received {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if watch.cancelled() {
                stop.store(true, Ordering::Relaxed);
            }
            // The worker has its own deadline for each wait; this one is for a driver that does not
            // even return.
            if moved.elapsed() > 4 * self.device.deadline {
                return Err(self.stuck());
            }
        }
    }

    fn same_generation(&self) -> Result<(), DeviceError> {
        if self.device.generation() == self.generation {
            return Ok(());
        }
        let device = self.device.summary.label();
        match self.device.state() {
            DeviceState::Down(detail) => Err(DeviceError::Down { device, detail }),
            DeviceState::Banned(detail) => Err(DeviceError::Banned { device, detail }),
            DeviceState::Serving | DeviceState::Reopening => {
                Err(DeviceError::Lost { device, detail: "since this search began".into() })
            }
        }
    }

    fn ended(&self) -> DeviceError {
        let device = self.device.summary.label();
        DeviceError::Down { device, detail: "its thread has ended".into() }
    }

    fn stuck(&self) -> DeviceError {
        let after = 4 * self.device.deadline;
        let detail = format!("its driver has not returned for {after:?}");
        self.device.status.set_state(DeviceState::Down(detail.clone()));
        DeviceError::Down { device: self.device.summary.label(), detail }
    }
}
