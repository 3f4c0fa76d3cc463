//! Records with known scores, compared now and then with what the device says.

use super::DeviceError;
use super::gpu::Gpu;
use super::pipelines::bind;
use super::scoring::{PassShape, Piece, Scorer, Signals, Target};
use super::scratch::Scratch;
use super::shelf::Chunk;
use crate::layout::tasks::{DigestRange, PrintQuads, print_quads};
use crate::made_up::record;
use crate::twin::stage1::{PreparedProbe, Stage1Path, score_with};
use bytemuck::cast_slice;
use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use matching::record::CYLINDERS;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;
use wgpu::{Buffer, BufferUsages};

/// Known records: not a whole number of workgroups.
const RECORDS: usize = 131;
/// Known prints.
const PRINTS: usize = 5;
/// Workgroups of a digest.
const DIGEST_GROUPS: u32 = 256;

/// Known records on the device with the scores that they must have.
pub(super) struct Canaries {
    chunk: Chunk,
    scratch: Scratch,
    shape: PassShape,
    expected: Vec<u32>,
    digest: Buffer,
    ranges: Buffer,
}

impl Canaries {
    pub(super) fn new(gpu: &mut Gpu) -> Result<Self, DeviceError> {
        let parameters = Stage1Parameters::default();
        let records: Vec<PackedRecord> = (0..RECORDS as u64).map(record).collect();
        let prints: Vec<PackedRecord> = (0..PRINTS).map(|p| records[1 + 29 * p]).collect();
        // One print asks for an extractor that only some of the records have.
        let extractor = |print: usize| (print == 1).then_some(1);
        let mut chunk = Chunk::new(gpu, RECORDS as u32)?;
        let owners: Vec<u32> = (0..RECORDS as u32).collect();
        chunk.write(gpu, 0, &records, &owners);
        let scratch = Scratch::new(gpu, RECORDS as u32, PRINTS as u32, 1)?;
        let words: Vec<PrintQuads> = (0..PRINTS)
            .map(|print| print_quads(&prints[print], extractor(print), &parameters))
            .collect();
        gpu.queue.write_buffer(&scratch.prints, 0, cast_slice(&words));
        let mut expected = Vec::with_capacity(PRINTS * RECORDS);
        for (index, print) in prints.iter().enumerate() {
            let probe = PreparedProbe::new(print, &parameters);
            let mut scores = [0; RECORDS];
            score_with(Stage1Path::Portable, &probe, &records, &mut scores);
            let wanted = |record: &PackedRecord| {
                extractor(index).is_none_or(|version| version == record.extractor_version)
            };
            let raised = scores.iter().zip(&records);
            expected.extend(raised.map(|(s, r)| if wanted(r) { u32::from(*s) + 1 } else { 0 }));
        }
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        Ok(Self {
            chunk,
            scratch,
            shape: shape(RECORDS as u32, PRINTS as u32, &parameters),
            expected,
            digest: gpu.buffer("digest", 4, usage)?,
            ranges: gpu.buffer("ranges", 256, BufferUsages::UNIFORM | BufferUsages::COPY_DST)?,
        })
    }

    /// Scores the known records again; what differs, if anything.
    pub(super) fn compare(&self, gpu: &mut Gpu) -> Result<Option<String>, DeviceError> {
        let mut encoder = gpu.encoder();
        encoder.clear_buffer(&self.scratch.best, 0, None);
        gpu.submit(encoder);
        let prints = (1 << PRINTS) - 1;
        let piece = Piece { chunk: &self.chunk, slots: 0..RECORDS as u32, prints };
        let (cancelled, scored) = (AtomicBool::new(false), AtomicU64::new(0));
        let signals = Signals { cancelled: &cancelled, scored: &scored };
        let mut scorer = Scorer::new(Duration::from_millis(50));
        let target = Target { scratch: &self.scratch, shape: self.shape };
        scorer.score(gpu, &target, std::iter::once(piece), &signals)?;
        scorer.drain(gpu, &signals)?;
        let found = gpu.read(&self.scratch.best, 0, self.expected.len())?;
        let wrong = found.iter().zip(&self.expected).filter(|(a, b)| a != b).count();
        let text = || format!("{wrong} of {} known scores differ", self.expected.len());
        Ok((wrong > 0).then(text))
    }

    /// Digests the references of a chunk; what differs, if anything.
    pub(super) fn digest(
        &self,
        gpu: &mut Gpu,
        chunk: &Chunk,
    ) -> Result<Option<String>, DeviceError> {
        let range = DigestRange { first: 0, count: chunk.len, unused: [0; 2] };
        gpu.queue.write_buffer(&self.ranges, 0, bytemuck::bytes_of(&range));
        let buffers = [&self.ranges, &chunk.records, &chunk.owners, &self.digest];
        let bytes = Some(size_of::<DigestRange>() as u64);
        let group = bind(&gpu.device, &gpu.pipelines.digests, bytes, &buffers);
        let mut encoder = gpu.encoder();
        encoder.clear_buffer(&self.digest, 0, None);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&gpu.pipelines.digest);
        pass.set_bind_group(0, &group, &[0]);
        pass.dispatch_workgroups(DIGEST_GROUPS, 1, 1);
        drop(pass);
        gpu.submit(encoder);
        let found = gpu.read(&self.digest, 0, 1)?;
        let differs = found[0] != chunk.expected_digest();
        Ok(differs.then(|| format!("a resident reference among {} has changed", chunk.len)))
    }

    /// Changes a known record: see [`super::Fault::FlipCanaryBit`].
    pub(super) fn flip(&self, gpu: &mut Gpu) -> Result<(), DeviceError> {
        flip(gpu, &self.chunk, 1)
    }
}

/// The shape of a pass.
pub(super) fn shape(persons: u32, prints: u32, parameters: &Stage1Parameters) -> PassShape {
    PassShape { persons, prints, counted: u32::from(parameters.counted).min(CYLINDERS as u32) }
}

/// Changes a bit of a reference on the device and nowhere else: see [`super::Fault::FlipBit`].
pub(super) fn flip(gpu: &mut Gpu, chunk: &Chunk, slot: u32) -> Result<(), DeviceError> {
    let first = slot as usize * crate::layout::RECORD_WORDS;
    let at = first + crate::layout::BITS_BYTES / 4;
    let word = gpu.read(&chunk.records, at, 1)?[0] ^ 0x10;
    gpu.queue.write_buffer(&chunk.records, 4 * at as u64, &word.to_le_bytes());
    let encoder = gpu.encoder();
    gpu.finish(encoder)
}
