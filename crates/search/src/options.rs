//! What a caller may ask of a search.

use vocabulary::Similarity;

/// Options of one search. `Default` is a search as the command line makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Most candidates returned.
    pub list_length: usize,
    /// Persons that stage 2 looks at, the best of stage 1 over the whole gallery.
    pub shortlist_persons: usize,
    /// Persons that stage 3 looks at, the best of stage 2 over the whole gallery.
    pub aligned_persons: usize,
    /// Which references a print of known finger position is compared with.
    pub positions: PositionRule,
    /// What to do about references of another extractor version.
    pub extractors: ExtractorRule,
    /// From which similarity on a candidate is said to match.
    pub threshold: Threshold,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            list_length: 20,
            shortlist_persons: 500,
            aligned_persons: 100,
            positions: PositionRule::AsLabeled,
            extractors: ExtractorRule::Refuse,
            threshold: Threshold::Fpir(0.001),
        }
    }
}

/// Which references a print of known finger position is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PositionRule {
    /// Those of the same finger or of an unknown one (`FingerPosition::may_equal`). A print of
    /// unknown position is compared with all.
    #[default]
    AsLabeled,
    /// All: labels are not trusted. Takes up to ten times as long.
    Any,
}

/// What to do about references of another extractor version than the probe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ExtractorRule {
    /// Refuse the search.
    #[default]
    Refuse,
    /// Leave them out; the answer counts them.
    Skip,
    /// Compare them all the same; the answer counts them.
    Compare,
}

/// From which similarity on a candidate is said to match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// This similarity of the person.
    Similarity(Similarity),
    /// The similarity at which a search of this gallery returns a wrong person with this
    /// probability at most, `0.0..=1.0`, for as many fingers as were compared.
    Fpir(f64),
}
