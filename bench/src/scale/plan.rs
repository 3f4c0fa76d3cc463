//! Which sizes fit into memory.

use matching::PackedRecord;

/// Bytes of one GiB.
pub(super) const GIB: f64 = (1u64 << 30) as f64;

/// Bytes that a finger of one person takes in a gallery beside its record, with room for arrays
/// that grow.
const OWNER_BYTES: u64 = 110;

/// Bytes of stage 1's score of a finger, per probe print of a pass.
const SCORE_BYTES: u64 = 2;

/// Most bytes that a search keeps in scores; it makes several passes beyond.
const SCORES_BYTES_MAX: u64 = 1 << 30;

/// Bytes for everything else: probes, templates under comparison, records that others are mixed of.
const OTHER_BYTES: u64 = 256 << 20;

/// The sizes that are measured, and why others are not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// In fingers, rising, each once.
    pub(super) sizes: Vec<u64>,
    /// A sentence for each size left out.
    pub(super) left_out: Vec<String>,
}

impl Plan {
    /// Splits the sizes for searches of `batch` prints within a limit of bytes.
    pub(super) fn new(sizes: &[u64], batch: u64, limit: u64) -> Self {
        let mut sizes = sizes.to_vec();
        sizes.sort_unstable();
        sizes.dedup();
        let (sizes, large): (Vec<u64>, Vec<u64>) =
            sizes.into_iter().partition(|size| bytes(*size, batch) <= limit);
        let gib = |bytes: u64| bytes as f64 / GIB;
        let sentence = |size: &u64| {
            format!(
                "left out: {size} fingers need {:.1} GiB, {:.1} GiB may be used",
                gib(bytes(*size, batch)),
                gib(limit)
            )
        };
        let left_out = large.iter().map(sentence).collect();
        Self { sizes, left_out }
    }
}

/// Memory that a gallery and a search of it take.
fn bytes(size: u64, batch: u64) -> u64 {
    let scores = (size * SCORE_BYTES * batch).min(SCORES_BYTES_MAX.max(size * SCORE_BYTES));
    size * (size_of::<PackedRecord>() as u64 + OWNER_BYTES) + scores + OTHER_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_left_out_with_a_reason() {
        let plan = Plan::new(&[10_000_000, 10_000, 10_000], 64, 14 << 30);
        assert_eq!(plan, Plan { sizes: vec![10_000, 10_000_000], left_out: Vec::new() });
        let plan = Plan::new(&[10_000, 10_000_000], 64, 4 << 30);
        assert_eq!(plan.sizes, [10_000]);
        let needed = bytes(10_000_000, 64) as f64 / GIB;
        let reason =
            format!("left out: 10000000 fingers need {needed:.1} GiB, 4.0 GiB may be used");
        assert_eq!(plan.left_out, [reason]);
    }

    #[test]
    fn a_search_of_many_prints_needs_more_memory_up_to_its_passes() {
        assert!(bytes(1_000_000, 64) > bytes(1_000_000, 1));
        assert_eq!(bytes(100_000_000, 64), bytes(100_000_000, 1024));
    }
}
