//! The thread that owns a device.

use super::DeviceError;
use super::adapters::Adapters;
use super::canary::{self, Canaries};
use super::fault::Fault;
use super::gpu::Gpu;
use super::options::DeviceOptions;
use super::peaks::{self, Peaks};
use super::ranking;
use super::scoring::{PassShape, Piece, Scorer, Signals, Target};
use super::scratch::Scratch;
use super::shelf::{Chunk, References, ResidentShelf, Room};
use crate::layout::tasks::PrintQuads;
use crate::twin::ranking::Ranked;
use bytemuck::cast_slice;
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A second loss within this time takes the device out of service.
const LOSS_MEMORY: Duration = Duration::from_secs(600);

/// Whether a device serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceState {
    /// It answers.
    Serving,
    /// It was lost and is being opened again.
    Reopening,
    /// It is out of service for good, for this reason.
    Down(String),
    /// It computed something wrong, this.
    Banned(String),
}

/// What others may know of a worker.
pub(super) struct Status {
    state: Mutex<DeviceState>,
    /// Pairs scored since the start; also tells that the worker lives.
    pub(super) scored: AtomicU64,
    /// Grows with each loss: what was resident before is gone.
    pub(super) generation: AtomicU64,
    /// Comparisons of known scores made.
    pub(super) checks: AtomicU64,
    pub(super) resident_bytes: AtomicU64,
}

impl Status {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(DeviceState::Serving),
            scored: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            checks: AtomicU64::new(0),
            resident_bytes: AtomicU64::new(0),
        }
    }

    pub(super) fn state(&self) -> DeviceState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A device that is down or banned stays so.
    pub(super) fn set_state(&self, state: DeviceState) {
        let mut now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*now, DeviceState::Down(_) | DeviceState::Banned(_)) {
            *now = state;
        }
    }
}

/// Where an answer goes.
pub(super) type Reply<T> = SyncSender<Result<T, DeviceError>>;

/// What a worker is asked.
pub(super) enum Job {
    Write {
        shelf: u64,
        first: u32,
        records: Vec<PackedRecord>,
        owners: Vec<u32>,
        reply: Reply<u32>,
    },
    Truncate {
        shelf: u64,
        len: u32,
        reply: Reply<()>,
    },
    Forget {
        shelf: u64,
        reply: Reply<()>,
    },
    ClearStream {
        reply: Reply<()>,
    },
    Begin {
        pass: Pass,
        reply: Reply<()>,
    },
    Score {
        parts: Vec<(u64, u32, u64)>,
        stop: Arc<AtomicBool>,
        reply: Reply<()>,
    },
    ScoreBlock {
        records: Vec<PackedRecord>,
        owners: Vec<u32>,
        prints: u64,
        stop: Arc<AtomicBool>,
        reply: Reply<()>,
    },
    Accumulate {
        prints: Range<u32>,
        stop: Arc<AtomicBool>,
        reply: Reply<()>,
    },
    Rank {
        limit: u32,
        reply: Reply<Ranked>,
    },
    Check {
        reply: Reply<()>,
    },
    Residue {
        reply: Reply<usize>,
    },
    Peaks {
        reply: Reply<Peaks>,
    },
    Inject {
        fault: Fault,
        reply: Reply<()>,
    },
}

/// A pass to begin.
pub(super) struct Pass {
    pub(super) persons: u32,
    pub(super) prints: Vec<PrintQuads>,
    pub(super) limit: u32,
    pub(super) parameters: Stage1Parameters,
    /// Forget the sums of a search that was not finished.
    pub(super) fresh: bool,
}

/// The device with what lies on it.
struct Bench {
    gpu: Gpu,
    canaries: Canaries,
    scratch: Scratch,
    /// Two chunks that streamed references pass through, made at the first of them.
    stream: Vec<Chunk>,
    shelves: BTreeMap<u64, ResidentShelf>,
    room: Room,
    /// The last references written, which may still be on their way.
    sent: Option<wgpu::SubmissionIndex>,
}

pub(super) struct Worker {
    number: usize,
    name: String,
    options: DeviceOptions,
    memory_bytes: u64,
    bench: Option<Bench>,
    scorer: Scorer,
    shape: PassShape,
    /// Blocks streamed: they take turns on the two chunks.
    blocks: usize,
    losses: Vec<Instant>,
    lose_in_scoring: u32,
    last_check: Instant,
    /// Which chunk is digested next.
    digested: usize,
    status: Arc<Status>,
}

/// Part of the memory kept for prints, scores and sums.
pub(super) const fn scratch_bytes(memory_bytes: u64) -> u64 {
    memory_bytes / 8
}

impl Bench {
    fn open(
        number: usize,
        name: &str,
        options: &DeviceOptions,
        memory_bytes: u64,
    ) -> Result<Self, DeviceError> {
        let adapters = Adapters::find();
        let mut gpu = Gpu::open(name, adapters.adapter(number)?, options)?;
        let canaries = Canaries::new(&mut gpu)?;
        if let Some(detail) = canaries.compare(&mut gpu)? {
            return Err(DeviceError::Banned { device: name.to_owned(), detail });
        }
        let scratch = Scratch::new(&mut gpu, 1, 1, 1)?;
        let per_binding = gpu.binding_bytes_max() / super::shelf::RECORD_BYTES;
        let chunk_records = per_binding.min(u64::from(options.chunk_records_max)).max(1) as u32;
        let bytes_max = memory_bytes - scratch_bytes(memory_bytes);
        let room = Room { bytes_max, bytes: 0, chunk_records, exhausted: false };
        let shelves = BTreeMap::new();
        Ok(Self { gpu, canaries, scratch, stream: Vec::new(), shelves, room, sent: None })
    }

    /// Sends what was written and waits until what was sent before has arrived: what is on its way
    /// lies in the memory of the host a second time.
    fn send(&mut self) -> Result<(), DeviceError> {
        let encoder = self.gpu.encoder();
        match self.sent.replace(self.gpu.submit(encoder)) {
            Some(before) => self.gpu.wait(before),
            None => Ok(()),
        }
    }

    /// Overwrites what has passed through.
    fn clear_stream(&mut self) -> Result<(), DeviceError> {
        let mut encoder = self.gpu.encoder();
        self.stream.iter().for_each(|chunk| chunk.clear(&mut encoder));
        self.gpu.finish(encoder)
    }

    /// Words of references that are not resident.
    fn residue(&mut self) -> Result<usize, DeviceError> {
        let mut words = 0;
        for chunk in self.shelves.values().flat_map(|shelf| &shelf.chunks) {
            words += chunk.residue(&mut self.gpu, chunk.len)?;
        }
        for chunk in &self.stream {
            words += chunk.residue(&mut self.gpu, 0)?;
        }
        Ok(words)
    }
}

impl Worker {
    pub(super) fn open(
        number: usize,
        name: String,
        options: DeviceOptions,
        memory_bytes: u64,
        status: Arc<Status>,
    ) -> Result<Self, DeviceError> {
        let bench = Bench::open(number, &name, &options, memory_bytes)?;
        let now = Instant::now();
        let scorer = Scorer::new(options.tile);
        Ok(Self {
            number,
            name,
            memory_bytes,
            bench: Some(bench),
            scorer,
            shape: PassShape::default(),
            blocks: 0,
            losses: Vec::new(),
            lose_in_scoring: 0,
            last_check: now,
            digested: 0,
            status,
            options,
        })
    }

    /// Bytes of a binding at most, for whoever plans passes.
    pub(super) fn binding_bytes_max(&self) -> u64 {
        self.bench.as_ref().map_or(0, |bench| bench.gpu.binding_bytes_max())
    }

    /// Lanes of the subgroups used, if any.
    pub(super) fn subgroup(&self) -> Option<u32> {
        self.bench.as_ref().and_then(|bench| bench.gpu.pipelines.subgroup)
    }

    /// Serves until nobody can ask any more.
    pub(super) fn serve(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(self.options.check_interval) {
                Ok(job) => self.do_job(job),
                Err(RecvTimeoutError::Timeout) => {
                    // A mismatch or a loss is noted in the state; the next caller hears of it.
                    let checked = self.try_job(|worker, bench| worker.check(bench, false));
                    drop(checked);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn do_job(&mut self, job: Job) {
        // Nobody may wait for an answer any more: that is theirs to know.
        match job {
            Job::Write { shelf, first, records, owners, reply } => {
                let _ = reply.send(self.try_job(|_, bench| {
                    let to = bench.shelves.entry(shelf).or_default();
                    let new = References { records: &records, owners: &owners };
                    let len = to.write(&mut bench.gpu, &mut bench.room, first, new)?;
                    bench.send()?;
                    Ok(len)
                }));
            }
            Job::Truncate { shelf, len, reply } => {
                let _ = reply.send(self.try_job(|_, bench| {
                    let to = bench.shelves.entry(shelf).or_default();
                    to.truncate(&mut bench.gpu, &mut bench.room, len)
                }));
            }
            Job::Forget { shelf, reply } => {
                let _ = reply.send(self.try_job(|_, bench| {
                    let Some(mut gone) = bench.shelves.remove(&shelf) else { return Ok(()) };
                    gone.truncate(&mut bench.gpu, &mut bench.room, 0)
                }));
            }
            Job::ClearStream { reply } => {
                let _ = reply.send(self.try_job(|_, bench| bench.clear_stream()));
            }
            Job::Begin { pass, reply } => {
                let _ = reply.send(self.try_job(|worker, bench| worker.begin(bench, &pass)));
            }
            Job::Score { parts, stop, reply } => {
                let _ =
                    reply.send(self.try_job(|worker, bench| worker.score(bench, &parts, &stop)));
            }
            Job::ScoreBlock { records, owners, prints, stop, reply } => {
                let block = (&records[..], &owners[..]);
                let scored =
                    self.try_job(|worker, bench| worker.score_block(bench, block, prints, &stop));
                let _ = reply.send(scored);
            }
            Job::Accumulate { prints, stop, reply } => {
                let _ = reply.send(self.try_job(|worker, bench| {
                    worker.drain(bench, &stop)?;
                    let persons = worker.shape.persons;
                    ranking::accumulate(&mut bench.gpu, &bench.scratch, persons, prints)
                }));
            }
            Job::Rank { limit, reply } => {
                let _ = reply.send(self.rank(limit));
            }
            Job::Check { reply } => {
                let _ = reply.send(self.try_job(|worker, bench| worker.check(bench, true)));
            }
            Job::Residue { reply } => {
                let _ = reply.send(self.try_job(|_, bench| bench.residue()));
            }
            Job::Peaks { reply } => {
                let _ = reply.send(self.try_job(|_, bench| peaks::measure(&mut bench.gpu)));
            }
            Job::Inject { fault, reply } => {
                let _ = reply.send(self.try_job(|worker, bench| worker.inject(bench, fault)));
            }
        }
    }
}

/// What a job does with the device.
impl Worker {
    fn begin(&mut self, bench: &mut Bench, pass: &Pass) -> Result<(), DeviceError> {
        let Bench { gpu, scratch, .. } = bench;
        let rows = pass.prints.len().max(1) as u32;
        scratch.ensure(gpu, pass.persons, rows, pass.limit)?;
        let mut encoder = gpu.encoder();
        encoder.clear_buffer(&scratch.best, 0, None);
        if pass.fresh {
            encoder.clear_buffer(&scratch.sums, 0, None);
        }
        gpu.queue.write_buffer(&scratch.prints, 0, cast_slice(&pass.prints));
        gpu.submit(encoder);
        self.shape = canary::shape(pass.persons, pass.prints.len() as u32, &pass.parameters);
        Ok(())
    }

    /// Scores the first slots of shelves: shelf, slots, prints.
    fn score(
        &mut self,
        bench: &mut Bench,
        parts: &[(u64, u32, u64)],
        stop: &AtomicBool,
    ) -> Result<(), DeviceError> {
        let status = Arc::clone(&self.status);
        let signals = Signals { cancelled: stop, scored: &status.scored };
        let Bench { gpu, scratch, shelves, .. } = bench;
        let pieces = parts.iter().flat_map(|(shelf, slots, prints)| {
            let ranges = shelves.get(shelf).map(|shelf| shelf.ranges(*slots));
            let piece = |(chunk, slots)| Piece { chunk, slots, prints: *prints };
            ranges.into_iter().flatten().map(piece)
        });
        let target = Target { scratch, shape: self.shape };
        self.scorer.score(gpu, &target, pieces, &signals)?;
        if self.lose_in_scoring > 0 {
            self.lose_in_scoring -= 1;
            gpu.device.destroy();
        }
        self.scorer.drain(gpu, &signals)
    }

    /// Sends references through one of two chunks and scores them there.
    fn score_block(
        &mut self,
        bench: &mut Bench,
        (records, owners): (&[PackedRecord], &[u32]),
        prints: u64,
        stop: &AtomicBool,
    ) -> Result<(), DeviceError> {
        let status = Arc::clone(&self.status);
        let signals = Signals { cancelled: stop, scored: &status.scored };
        let Bench { gpu, scratch, stream, room, .. } = bench;
        while stream.len() < 2 {
            stream.push(Chunk::new(gpu, room.chunk_records.min(super::handle::BLOCK_RECORDS))?);
        }
        for (records, owners) in records
            .chunks(stream[0].capacity as usize)
            .zip(owners.chunks(stream[0].capacity as usize))
        {
            let chunk = &mut stream[self.blocks % 2];
            self.blocks += 1;
            chunk.write_unchecked(gpu, records, owners);
            let piece = Piece { chunk, slots: 0..records.len() as u32, prints };
            let target = Target { scratch, shape: self.shape };
            self.scorer.score(gpu, &target, std::iter::once(piece), &signals)?;
        }
        Ok(())
    }

    fn drain(&mut self, bench: &mut Bench, stop: &AtomicBool) -> Result<(), DeviceError> {
        let status = Arc::clone(&self.status);
        let signals = Signals { cancelled: stop, scored: &status.scored };
        self.scorer.drain(&mut bench.gpu, &signals)
    }

    /// Ranks; an answer leaves only under a recent comparison of known scores.
    fn rank(&mut self, limit: u32) -> Result<Ranked, DeviceError> {
        self.try_job(|worker, bench| {
            let persons = worker.shape.persons;
            let ranked = ranking::rank(&mut bench.gpu, &bench.scratch, persons, limit)?;
            if worker.last_check.elapsed() >= worker.options.check_interval {
                worker.check(bench, false)?;
            }
            Ok(ranked)
        })
    }

    /// Compares known scores and digests the next chunk, or all of them.
    fn check(&mut self, bench: &mut Bench, all: bool) -> Result<(), DeviceError> {
        let Bench { gpu, canaries, shelves, .. } = bench;
        let chunks: Vec<&Chunk> = shelves.values().flat_map(|shelf| &shelf.chunks).collect();
        let mut wrong = canaries.compare(gpu)?;
        let count = if all { chunks.len() } else { chunks.len().min(1) };
        for _ in 0..count {
            self.digested = (self.digested + 1) % chunks.len();
            wrong = wrong.or(canaries.digest(gpu, chunks[self.digested])?);
        }
        self.last_check = Instant::now();
        self.status.checks.fetch_add(1, Ordering::Relaxed);
        match wrong {
            Some(detail) => Err(DeviceError::Banned { device: self.name.clone(), detail }),
            None => Ok(()),
        }
    }

    fn inject(&mut self, bench: &mut Bench, fault: Fault) -> Result<(), DeviceError> {
        match fault {
            Fault::Lose => {
                bench.gpu.device.destroy();
                let encoder = bench.gpu.encoder();
                return bench.gpu.finish(encoder);
            }
            Fault::LoseInScoring { again } => self.lose_in_scoring = again + 1,
            Fault::FlipCanaryBit => bench.canaries.flip(&mut bench.gpu)?,
            Fault::Hang => bench.gpu.hang = true,
            Fault::ExhaustMemory => bench.gpu.exhaust = true,
            Fault::FlipBit { shelf, slot } => {
                let Bench { shelves, gpu, room, .. } = bench;
                let chunks = shelves.get(&shelf).map_or(&[][..], |shelf| &shelf.chunks);
                let chunk = chunks.get((slot / room.chunk_records) as usize);
                if let Some(chunk) = chunk {
                    canary::flip(gpu, chunk, slot % room.chunk_records)?;
                }
            }
        }
        Ok(())
    }
}

/// What becomes of a device that failed.
impl Worker {
    /// Does a job, unless the device is out of service; a device that fails in it is opened again
    /// once.
    fn try_job<T>(
        &mut self,
        job: impl FnOnce(&mut Self, &mut Bench) -> Result<T, DeviceError>,
    ) -> Result<T, DeviceError> {
        let device = || self.name.clone();
        match self.status.state() {
            DeviceState::Down(detail) => {
                return Err(DeviceError::Down { device: device(), detail });
            }
            DeviceState::Banned(detail) => {
                return Err(DeviceError::Banned { device: device(), detail });
            }
            DeviceState::Serving | DeviceState::Reopening => {}
        }
        let mut bench = self.bench.take().expect("a device that serves is open");
        let result = job(self, &mut bench);
        let resident = bench.room.bytes;
        match result {
            Err(error) if ends_service(&error) => {
                drop(bench);
                self.status.resident_bytes.store(0, Ordering::Relaxed);
                self.scorer = Scorer::new(self.options.tile);
                Err(self.leave_service(error))
            }
            result => {
                self.bench = Some(bench);
                self.status.resident_bytes.store(resident, Ordering::Relaxed);
                result
            }
        }
    }

    /// Opens a lost device again, once in a while; what the caller is told.
    fn leave_service(&mut self, error: DeviceError) -> DeviceError {
        self.status.generation.fetch_add(1, Ordering::SeqCst);
        if let DeviceError::Banned { detail, .. } = &error {
            self.status.set_state(DeviceState::Banned(detail.clone()));
            return error;
        }
        self.status.set_state(DeviceState::Reopening);
        let now = Instant::now();
        self.losses.retain(|loss| now - *loss < LOSS_MEMORY);
        self.losses.push(now);
        if self.losses.len() > 1 {
            return self
                .go_down(format!("it failed twice within ten minutes, at last so: {error}"));
        }
        match Bench::open(self.number, &self.name, &self.options, self.memory_bytes) {
            Ok(bench) => {
                self.bench = Some(bench);
                self.status.set_state(DeviceState::Serving);
                let detail = match error {
                    DeviceError::Lost { detail, .. } => detail,
                    other => other.to_string(),
                };
                DeviceError::Lost { device: self.name.clone(), detail }
            }
            Err(again) => self.go_down(format!("{error}; opened again, {again}")),
        }
    }

    fn go_down(&self, detail: String) -> DeviceError {
        self.status.set_state(DeviceState::Down(detail.clone()));
        DeviceError::Down { device: self.name.clone(), detail }
    }
}

/// Whether the device can't go on after an error.
const fn ends_service(error: &DeviceError) -> bool {
    matches!(
        error,
        DeviceError::Lost { .. }
            | DeviceError::Hung { .. }
            | DeviceError::Refused { .. }
            | DeviceError::Banned { .. }
    )
}
