//! The answer of a search.

use crate::{ExtractorRule, PositionRule};
use matching::{Alignment, Evidence, MinutiaPair};
use vocabulary::{Candidate, CandidateList, FingerPosition, ImpressionLabel, Similarity};

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The gallery was searched; see [`Coverage`] for how much of it.
    Searched,
    /// No print of the probe has a descriptor to search with: too few minutiae.
    NothingToSearchWith,
}

/// The answer of a search: persons in order, what each is worth, and what was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Identification {
    /// Whether there was anything to search with.
    pub outcome: Outcome,
    /// Ranked persons.
    pub candidates: CandidateList,
    /// What stands behind each candidate, in the same order.
    pub details: Vec<CandidateDetail>,
    /// Prints of the probe too poor for stage 1, by index; they count in no sum of stage 1.
    pub unusable_prints: Vec<usize>,
    /// What of the gallery was looked at.
    pub coverage: Coverage,
    /// How many went through each stage.
    pub counts: StageCounts,
}

impl Identification {
    /// The answer to a probe without a usable print.
    pub(crate) fn nothing_to_search_with(coverage: Coverage) -> Self {
        Self {
            outcome: Outcome::NothingToSearchWith,
            candidates: CandidateList::default(),
            details: Vec::new(),
            unusable_prints: Vec::new(),
            coverage,
            counts: StageCounts::default(),
        }
    }

    /// Candidates with what stands behind them, best first.
    pub fn ranked(&self) -> impl Iterator<Item = (&Candidate, &CandidateDetail)> {
        self.candidates.as_slice().iter().zip(&self.details)
    }

    /// Whether any candidate meets the threshold.
    pub fn found(&self) -> bool {
        self.details.iter().any(|detail| detail.decision == Decision::Match)
    }
}

/// Whether a candidate meets the threshold of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It does.
    Match,
    /// It does not.
    NoMatch,
}

/// What stands behind a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateDetail {
    /// Whether the candidate meets [`Self::threshold`].
    pub decision: Decision,
    /// The threshold for as many fingers as were compared.
    pub threshold: Similarity,
    /// Fingers compared: on how many values the similarity of the person is a sum.
    pub fingers_compared: usize,
    /// `log10` of how many times likelier the similarity is when it is the same person.
    pub log_likelihood_ratio: f64,
    /// Other persons expected at this similarity or above, in a gallery of this size.
    pub expected_false_positives: f64,
    /// One entry per probe print that contributed, by print.
    pub fingers: Vec<FingerDetail>,
}

/// The best comparison of one probe print with a reference of a candidate.
#[derive(Clone, PartialEq)]
pub struct FingerDetail {
    /// Index of the print within the probe.
    pub probe_print: usize,
    /// Finger of the reference.
    pub position: FingerPosition,
    /// Impression of the reference.
    pub impression: ImpressionLabel,
    /// Similarity of the two prints, `0..=1000`.
    pub similarity: Similarity,
    /// Paired minutiae, by index into the two templates.
    pub pairs: Vec<MinutiaPair>,
    /// How the probe lies on the reference.
    pub alignment: Option<Alignment>,
    /// What the similarity was made from.
    pub evidence: Evidence,
}

impl std::fmt::Debug for FingerDetail {
    /// Shows counts only: pairs and alignment are biometric content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FingerDetail")
            .field("probe_print", &self.probe_print)
            .field("position", &self.position)
            .field("similarity", &self.similarity)
            .field("pairs", &self.pairs.len())
            .finish_non_exhaustive()
    }
}

/// What of the gallery a search looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Coverage {
    /// Persons in the gallery.
    pub persons: u64,
    /// References in the gallery.
    pub references: u64,
    /// Persons with a reference that at least one print was compared with.
    pub eligible_persons: u64,
    /// References that at least one print was compared with.
    pub eligible_references: u64,
    /// Pairs of a print and a reference that stage 1 scored.
    pub scanned_pairs: u64,
    /// References of another extractor version than the probe.
    pub other_extractor: u64,
    /// Which references a print of known position was compared with.
    pub positions: PositionRule,
    /// What was done about references of another extractor version.
    pub extractors: ExtractorRule,
}

impl Coverage {
    /// The coverage of two disjoint partitions under the same rules.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            persons: self.persons + other.persons,
            references: self.references + other.references,
            eligible_persons: self.eligible_persons + other.eligible_persons,
            eligible_references: self.eligible_references + other.eligible_references,
            scanned_pairs: self.scanned_pairs + other.scanned_pairs,
            other_extractor: self.other_extractor + other.other_extractor,
            positions: self.positions,
            extractors: self.extractors,
        }
    }
}

/// How many went through each stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StageCounts {
    /// Persons that stage 2 looked at.
    pub rescored_persons: u64,
    /// Pairs of prints that stage 2 compared.
    pub rescored_pairs: u64,
    /// Persons that stage 3 looked at.
    pub aligned_persons: u64,
    /// Pairs of prints that stage 3 compared.
    pub aligned_pairs: u64,
}
