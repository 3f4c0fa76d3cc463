//! Where stage 1 runs: the seam between a search and the hardware.

mod device;
mod mirror;
mod scan;
mod twin;

pub use device::DeviceKernels;
pub use twin::TwinKernels;

use crate::SearchError;
use crate::gallery::{Gallery, Shelf};
use crate::options::{ExtractorRule, Options};
use crate::progress::Meter;
use crate::shortlist::UsablePrint;
use matching::parameters::Stage1Parameters;
use shaders::Ranked;
use std::ops::Range;
use vocabulary::FingerPosition;

/// Runs stage 1. An implementation may use any hardware in any order; its answers are exactly those
/// that the scores of [`matching::stage1::score_reference`] give.
pub trait Kernels: Send + Sync {
    /// What it runs on, for people.
    fn name(&self) -> String;

    /// The best persons of each probe of a pass over a gallery.
    ///
    /// # Errors
    /// When the caller cancels, or a device fails.
    fn best_persons(&self, pass: &Pass<'_>) -> Result<Vec<Ranked>, SearchError>;

    /// Brings what is kept elsewhere of a gallery in step with it: when this returns, no device
    /// holds a reference that was removed.
    ///
    /// # Errors
    /// When a device fails in a way that leaves this unsure.
    fn settle(&self, gallery: &Gallery) -> Result<(), SearchError>;

    /// Galleries that it serves at the same time, each faster alone than two at once: how many
    /// parts a large gallery is best kept in.
    fn parts(&self) -> usize;
}

/// Prints to be compared with a gallery.
pub struct Pass<'a> {
    pub(crate) gallery: &'a Gallery,
    /// The prints of all probes, one probe after the other.
    pub(crate) prints: &'a [UsablePrint],
    /// The prints of each probe.
    pub(crate) probes: &'a [Range<usize>],
    pub(crate) parameters: &'a Stage1Parameters,
    pub(crate) options: &'a Options,
    pub(crate) meter: &'a Meter<'a>,
}

impl Pass<'_> {
    /// Persons wanted of each probe, at least 1.
    fn limit(&self) -> u32 {
        u32::try_from(self.options.shortlist_persons).unwrap_or(u32::MAX).max(1)
    }

    /// Which of some prints are compared with the references of a shelf.
    fn searching(&self, prints: Range<usize>, position: FingerPosition) -> Vec<usize> {
        prints
            .filter(|print| self.prints[*print].searches(position, self.options.positions))
            .collect()
    }

    /// The one extractor version whose references count for a print, when the shelf holds others
    /// that are to be skipped.
    fn only_version(&self, print: usize, shelf: &Shelf) -> Option<u16> {
        let version = self.prints[print].extractor;
        let uniform = shelf.versions().keys().all(|found| *found == version);
        (self.options.extractors == ExtractorRule::Skip && !uniform).then_some(version.0)
    }
}
