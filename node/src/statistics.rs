//! What a folder holds.

use crate::metadata::Metadata;
use std::collections::BTreeMap;
use vocabulary::{ExtractorVersion, FingerPosition};

/// Counts and sizes of an open folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Persons, those with declarations only included.
    pub persons: u64,
    /// References in the resident gallery.
    pub references: u64,
    /// References by finger position.
    pub positions: BTreeMap<FingerPosition, u64>,
    /// References by the extractor that made them.
    pub extractors: BTreeMap<ExtractorVersion, u64>,
    /// Images stored.
    pub images: u64,
    /// Fingers declared amputated or missing.
    pub declarations: u64,
    /// Damaged references left out.
    pub damaged: u64,
    /// Bytes of all files.
    pub bytes_on_disk: u64,
    /// Bytes of memory held per reference, packed record and bookkeeping.
    pub bytes_resident_per_reference: f64,
    /// What the folder was built with.
    pub metadata: Metadata,
}

/// Counts kept up to date in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) persons: u64,
    pub(crate) references: u64,
    pub(crate) images: u64,
    pub(crate) declarations: u64,
    pub(crate) positions: BTreeMap<FingerPosition, u64>,
    pub(crate) extractors: BTreeMap<ExtractorVersion, u64>,
}

/// What one reference adds to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) position: FingerPosition,
    pub(crate) extractor: ExtractorVersion,
    pub(crate) image: bool,
}

impl Counts {
    pub(crate) fn add(&mut self, counted: Counted) {
        self.references += 1;
        self.images += u64::from(counted.image);
        *self.positions.entry(counted.position).or_default() += 1;
        *self.extractors.entry(counted.extractor).or_default() += 1;
    }

    pub(crate) fn remove(&mut self, counted: Counted) {
        self.references -= 1;
        self.images -= u64::from(counted.image);
        decrement(&mut self.positions, counted.position);
        decrement(&mut self.extractors, counted.extractor);
    }
}

fn decrement<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
