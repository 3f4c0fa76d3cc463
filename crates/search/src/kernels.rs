//! Where stage 1 runs: the processor's twins, or (later) an accelerator.

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use rayon::prelude::*;
use shaders::{PreparedProbe, Stage1Path};

/// Records of one unit of work (about 300 KB: they stay in the second-level cache while every print
/// of the probe passes over them).
const BLOCK_RECORDS: usize = 256;

/// Runs stage 1. An implementation may use any hardware in any order; scores are exactly those of
/// [`matching::stage1::score_reference`].
pub trait Kernels: Sync {
    /// What it runs on, for people.
    fn name(&self) -> String;

    /// Scores every probe print against every record of every segment, and hands the scores to the
    /// sink in blocks: each pair once, in any order, from any thread. Stops early, with pairs left
    /// out, when the sink is cancelled.
    fn scan(
        &self,
        probes: &[PackedRecord],
        segments: &[&[PackedRecord]],
        parameters: &Stage1Parameters,
        sink: &dyn ScanSink,
    );
}

/// Stage-1 scores of one probe print against neighboring records.
#[derive(Debug, Clone, Copy)]
pub struct ScanBlock<'a> {
    /// Index of the probe print.
    pub probe: usize,
    /// Index of the segment.
    pub segment: usize,
    /// Index of the first record within the segment.
    pub first: usize,
    /// A score for each record from the first on, at most 32,766.
    pub scores: &'a [u16],
}

/// Takes the scores of a scan.
pub trait ScanSink: Sync {
    /// One block.
    fn accept(&self, block: ScanBlock<'_>);

    /// Whether the scan should stop.
    fn cancelled(&self) -> bool;
}

/// The processor's twins of the kernels, on all threads of the current rayon pool.
#[derive(Debug, Clone, Copy)]
pub struct TwinKernels {
    path: Stage1Path,
}

impl TwinKernels {
    /// The fastest path of this processor.
    pub fn new() -> Self {
        Self { path: Stage1Path::best() }
    }

    /// A given path.
    pub const fn with_path(path: Stage1Path) -> Self {
        Self { path }
    }
}

impl Default for TwinKernels {
    fn default() -> Self {
        Self::new()
    }
}

impl Kernels for TwinKernels {
    fn name(&self) -> String {
        format!("processor, {}", self.path)
    }

    fn scan(
        &self,
        probes: &[PackedRecord],
        segments: &[&[PackedRecord]],
        parameters: &Stage1Parameters,
        sink: &dyn ScanSink,
    ) {
        let prepared: Vec<PreparedProbe> =
            probes.iter().map(|probe| PreparedProbe::new(probe, parameters)).collect();
        let blocks: Vec<(usize, usize)> = (0..segments.len())
            .flat_map(|s| (0..segments[s].len()).step_by(BLOCK_RECORDS).map(move |r| (s, r)))
            .collect();
        blocks.into_par_iter().for_each(|(segment, first)| {
            if sink.cancelled() {
                return;
            }
            let records = &segments[segment][first..];
            let records = &records[..records.len().min(BLOCK_RECORDS)];
            let mut scores = [0; BLOCK_RECORDS];
            let scores = &mut scores[..records.len()];
            for (probe, print) in prepared.iter().enumerate() {
                shaders::score_with(self.path, print, records, scores);
                sink.accept(ScanBlock { probe, segment, first, scores });
            }
        });
    }
}
