//! Memory of a pass: prints, best scores, sums and the answer. Grown when a pass needs more, kept
//! between passes.

use super::DeviceError;
use super::gpu::Gpu;
use super::pipelines::bind;
use crate::layout::tasks::{AnswerHeader, PRINTS_MAX, PrintQuads, Ranking, State, Task};
use wgpu::{BindGroup, Buffer, BufferUsages};

/// Bytes from one task to the next: what every device can offset by.
pub(super) const TASK_STRIDE: u64 = 256;
/// Tasks of one submission at most.
pub(super) const TASKS_MAX: usize = 64;
/// Tied persons that an answer holds; more are read from the sums.
pub(super) const TIED_MAX: u32 = 1 << 16;
/// Words of an answer before its entries.
pub(super) const ANSWER_HEADER_WORDS: usize = size_of::<AnswerHeader>() / 4;

const STORAGE: BufferUsages =
    BufferUsages::STORAGE.union(BufferUsages::COPY_DST).union(BufferUsages::COPY_SRC);
const UNIFORM: BufferUsages = BufferUsages::UNIFORM.union(BufferUsages::COPY_DST);

/// The buffers of a pass.
pub(super) struct Scratch {
    pub(super) tasks: Buffer,
    pub(super) rankings: Buffer,
    pub(super) prints: Buffer,
    pub(super) best: Buffer,
    pub(super) sums: Buffer,
    pub(super) answer: Buffer,
    pub(super) pass: BindGroup,
    pub(super) ranking: BindGroup,
    /// Words of `best`.
    scores: u64,
    persons: u32,
    limit: u32,
}

impl Scratch {
    /// Buffers for so many persons, rows of scores and persons wanted.
    pub(super) fn new(
        gpu: &mut Gpu,
        persons: u32,
        rows: u32,
        limit: u32,
    ) -> Result<Self, DeviceError> {
        let scores = u64::from(persons) * u64::from(rows);
        let answer_words = ANSWER_HEADER_WORDS as u64 + 2 * u64::from(limit) + u64::from(TIED_MAX);
        let tasks = gpu.buffer("tasks", TASK_STRIDE * TASKS_MAX as u64, UNIFORM)?;
        let rankings = gpu.buffer("rankings", TASK_STRIDE * TASKS_MAX as u64, UNIFORM)?;
        let prints =
            gpu.buffer("prints", (PRINTS_MAX * size_of::<PrintQuads>()) as u64, STORAGE)?;
        let best = gpu.buffer("best", 4 * scores, STORAGE)?;
        let sums = gpu.buffer("sums", 4 * u64::from(persons), STORAGE)?;
        let state = gpu.buffer("state", size_of::<State>() as u64, STORAGE)?;
        let answer = gpu.buffer("answer", 4 * answer_words, STORAGE)?;
        let (device, pipelines) = (&gpu.device, &gpu.pipelines);
        let task = Some(size_of::<Task>() as u64);
        let pass = bind(device, &pipelines.pass, task, &[&tasks, &prints, &best]);
        let rows = [&rankings, &sums, &best, &state, &answer];
        let ranking = Some(size_of::<Ranking>() as u64);
        let ranking = bind(device, &pipelines.ranking, ranking, &rows);
        Ok(Self {
            tasks,
            rankings,
            prints,
            best,
            sums,
            answer,
            pass,
            ranking,
            scores,
            persons,
            limit,
        })
    }

    /// Grows what is too small. Growing forgets the sums; it happens between probes only, and the
    /// number of persons does not change within one.
    pub(super) fn ensure(
        &mut self,
        gpu: &mut Gpu,
        persons: u32,
        rows: u32,
        limit: u32,
    ) -> Result<(), DeviceError> {
        let scores = u64::from(persons) * u64::from(rows);
        if self.scores >= scores && self.persons >= persons && self.limit >= limit {
            return Ok(());
        }
        let persons = self.persons.max(persons);
        let rows = scores.max(self.scores).div_ceil(u64::from(persons.max(1))) as u32;
        *self = Self::new(gpu, persons, rows, self.limit.max(limit))?;
        Ok(())
    }
}
