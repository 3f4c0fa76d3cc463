//! Scoring in tiles: submissions of at most about 50 ms each, two of them under way at a time.

use super::DeviceError;
use super::gpu::Gpu;
use super::scratch::{Scratch, TASK_STRIDE, TASKS_MAX};
use super::shelf::Chunk;
use crate::layout::tasks::{ROWS, Task};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wgpu::SubmissionIndex;

/// Tiles under way at most: one runs while the next is made ready.
const UNDER_WAY: usize = 2;
/// Pairs of the first tile; later ones follow what was measured.
const FIRST_PAIRS: u64 = 4096;
/// Workgroups of one dispatch at most, so that one dimension of the grid is enough.
const GROUPS_MAX: u32 = 65_535;

/// What a pass compares, apart from the references.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PassShape {
    pub(super) persons: u32,
    pub(super) prints: u32,
    pub(super) counted: u32,
}

/// References of a chunk with the prints that they are compared with.
pub(super) struct Piece<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) slots: Range<u32>,
    /// Bit `p`: print `p` takes part.
    pub(super) prints: u64,
}

/// Where a pass scores to.
pub(super) struct Target<'a> {
    pub(super) scratch: &'a Scratch,
    pub(super) shape: PassShape,
}

/// How a caller stops a pass and hears of its progress.
pub(super) struct Signals<'a> {
    pub(super) cancelled: &'a AtomicBool,
    pub(super) scored: &'a AtomicU64,
}

impl Piece<'_> {
    fn pairs(&self) -> u64 {
        u64::from(self.slots.end - self.slots.start) * u64::from(self.prints.count_ones())
    }
}

struct Tile {
    submission: SubmissionIndex,
    pairs: u64,
    submitted: Instant,
}

/// Submits tiles and learns how large they may be.
pub(super) struct Scorer {
    under_way: VecDeque<Tile>,
    pairs_per_tile: u64,
    target: Duration,
    last_done: Instant,
}

impl Scorer {
    pub(super) fn new(target: Duration) -> Self {
        Self {
            under_way: VecDeque::new(),
            pairs_per_tile: FIRST_PAIRS,
            target: target.min(Duration::from_millis(50)),
            last_done: Instant::now(),
        }
    }

    /// Submits all pieces; at most two tiles are still under way when this returns.
    pub(super) fn score<'a>(
        &mut self,
        gpu: &mut Gpu,
        target: &Target<'_>,
        pieces: impl Iterator<Item = Piece<'a>>,
        signals: &Signals<'_>,
    ) -> Result<(), DeviceError> {
        let mut tile = Vec::new();
        let mut pairs = 0;
        for mut piece in pieces {
            let per_slot = u64::from(piece.prints.count_ones());
            while !piece.slots.is_empty() && per_slot > 0 {
                let room = (self.pairs_per_tile.saturating_sub(pairs) / per_slot)
                    .clamp(u64::from(ROWS), u64::from(ROWS * GROUPS_MAX))
                    as u32;
                let end = piece.slots.end.min(piece.slots.start.saturating_add(room));
                let slots = piece.slots.start..end;
                piece.slots.start = end;
                let part = Piece { chunk: piece.chunk, slots, prints: piece.prints };
                pairs += part.pairs();
                tile.push(part);
                if pairs >= self.pairs_per_tile || tile.len() == TASKS_MAX {
                    self.submit(gpu, target, &tile, signals)?;
                    tile.clear();
                    pairs = 0;
                }
            }
        }
        if tile.is_empty() { Ok(()) } else { self.submit(gpu, target, &tile, signals) }
    }

    fn submit(
        &mut self,
        gpu: &mut Gpu,
        target: &Target<'_>,
        tile: &[Piece<'_>],
        signals: &Signals<'_>,
    ) -> Result<(), DeviceError> {
        while self.under_way.len() >= UNDER_WAY {
            self.await_one(gpu, signals)?;
        }
        if signals.cancelled.load(Ordering::Relaxed) {
            self.drain(gpu, signals)?;
            return Err(DeviceError::Cancelled);
        }
        let mut tasks = vec![0u8; tile.len() * TASK_STRIDE as usize];
        for (bytes, piece) in tasks.chunks_mut(TASK_STRIDE as usize).zip(tile) {
            bytes[..size_of::<Task>()]
                .copy_from_slice(bytemuck::bytes_of(&task(&target.shape, piece)));
        }
        gpu.queue.write_buffer(&target.scratch.tasks, 0, &tasks);
        let mut encoder = gpu.encoder();
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&gpu.pipelines.stage1);
        for (index, piece) in (0u32..).zip(tile) {
            pass.set_bind_group(0, &target.scratch.pass, &[index * TASK_STRIDE as u32]);
            pass.set_bind_group(1, &piece.chunk.bind_group, &[]);
            let count = piece.slots.end - piece.slots.start;
            pass.dispatch_workgroups(count.div_ceil(ROWS), 1, 1);
        }
        drop(pass);
        let submission = gpu.submit(encoder);
        let pairs = tile.iter().map(Piece::pairs).sum();
        self.under_way.push_back(Tile { submission, pairs, submitted: Instant::now() });
        Ok(())
    }

    /// Waits for the oldest tile and learns from it.
    fn await_one(&mut self, gpu: &mut Gpu, signals: &Signals<'_>) -> Result<(), DeviceError> {
        let Some(tile) = self.under_way.pop_front() else { return Ok(()) };
        if let Err(error) = gpu.wait(tile.submission) {
            self.under_way.clear();
            return Err(error);
        }
        let now = Instant::now();
        let took = now - tile.submitted.max(self.last_done).min(now);
        self.last_done = now;
        signals.scored.fetch_add(tile.pairs, Ordering::Relaxed);
        // A small tile at the end of a shelf says little.
        if 2 * tile.pairs >= self.pairs_per_tile {
            let ratio = self.target.as_secs_f64() / took.as_secs_f64().max(1e-6);
            let pairs = self.pairs_per_tile as f64 * ratio.clamp(0.25, 4.0);
            self.pairs_per_tile = (pairs as u64).clamp(u64::from(ROWS), 1 << 32);
        }
        Ok(())
    }

    /// Waits for everything under way.
    pub(super) fn drain(
        &mut self,
        gpu: &mut Gpu,
        signals: &Signals<'_>,
    ) -> Result<(), DeviceError> {
        while !self.under_way.is_empty() {
            self.await_one(gpu, signals)?;
        }
        Ok(())
    }
}

fn task(shape: &PassShape, piece: &Piece<'_>) -> Task {
    Task {
        first: piece.slots.start,
        count: piece.slots.end - piece.slots.start,
        persons: shape.persons,
        prints_low: piece.prints as u32,
        prints_high: (piece.prints >> 32) as u32,
        counted: shape.counted,
        prints: shape.prints,
        unused: 0,
    }
}
