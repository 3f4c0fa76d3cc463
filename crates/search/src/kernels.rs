//! Where stage 1 runs: the processor's twins, or (later) an accelerator.

use matching::PackedRecord;
use matching::parameters::Stage1Parameters;
use rayon::prelude::*;
use shaders::{PreparedProbe, Stage1Path};

/// Records of one unit of work (about 280 KB: they stay in the second-level cache while every print
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

#[cfg(test)]
mod tests {
    use super::*;
    use matching::stage1::score_reference;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A record of one cylinder with the bits of a number.
    fn record(number: u32) -> PackedRecord {
        let mut record = PackedRecord { count: 1, ..PackedRecord::EMPTY };
        record.words[0][0] = number.wrapping_mul(0x9E37_79B9);
        record.norms[0] = record.words[0][0].count_ones() as u8;
        record
    }

    /// Notes every pair with its score; cancels after a number of blocks.
    struct Notes {
        pairs: Mutex<Vec<(usize, usize, usize, u16)>>,
        blocks_left: AtomicUsize,
    }

    impl Notes {
        fn cancelling_after(blocks: usize) -> Self {
            Self { pairs: Mutex::default(), blocks_left: AtomicUsize::new(blocks) }
        }
    }

    impl ScanSink for Notes {
        fn accept(&self, block: ScanBlock<'_>) {
            self.blocks_left.fetch_sub(1, Ordering::Relaxed);
            let pairs = block.scores.iter().enumerate();
            let pairs = pairs.map(|(i, s)| (block.probe, block.segment, block.first + i, *s));
            self.pairs.lock().unwrap().extend(pairs);
        }

        fn cancelled(&self) -> bool {
            self.blocks_left.load(Ordering::Relaxed) == 0
        }
    }

    #[test]
    fn every_pair_is_scored_once_whatever_the_lengths_of_the_segments() {
        let parameters = Stage1Parameters::default();
        let probes = [record(1), record(77)];
        let mut number = 0;
        let segments: Vec<Vec<PackedRecord>> = [0, 1, 255, 256, 257, 600]
            .iter()
            .map(|length| {
                number += 1000;
                (0..*length).map(|i| record(number + i)).collect()
            })
            .collect();
        let mut expected = Vec::new();
        for (p, probe) in probes.iter().enumerate() {
            for (s, segment) in segments.iter().enumerate() {
                for (r, reference) in segment.iter().enumerate() {
                    expected.push((p, s, r, score_reference(probe, reference, &parameters)));
                }
            }
        }
        for path in Stage1Path::available() {
            let notes = Notes::cancelling_after(usize::MAX);
            let segments: Vec<&[PackedRecord]> = segments.iter().map(Vec::as_slice).collect();
            TwinKernels::with_path(path).scan(&probes, &segments, &parameters, &notes);
            let mut found = notes.pairs.into_inner().unwrap();
            found.sort_unstable();
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn a_cancelled_scan_leaves_pairs_out() {
        let records: Vec<PackedRecord> = (0..20 * BLOCK_RECORDS as u32).map(record).collect();
        let notes = Notes::cancelling_after(1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let parameters = Stage1Parameters::default();
        pool.install(|| {
            TwinKernels::new().scan(&records[..1], &[&records], &parameters, &notes);
        });
        assert_eq!(notes.pairs.into_inner().unwrap().len(), BLOCK_RECORDS);
    }
}
