//! The answer of an identification, for programs and for people.

use crate::load::{Print, PrintSummary};
use crate::report::words::{self, PERSONS, REFERENCES, counted};
use crate::table::{Align, Table, plain};
use search::{
    CandidateDetail, Decision, Identification, Options, Outcome, PositionRule, Threshold,
};
use serde::Serialize;
use vocabulary::Candidate;

/// A search that was made.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    /// What was searched.
    pub(crate) prints: &'a [Print],
    /// How.
    pub(crate) options: &'a Options,
    /// What came of it.
    pub(crate) identification: &'a Identification,
}

/// The answer of a search.
#[derive(Serialize)]
pub(crate) struct Answer {
    /// The prints searched.
    pub(crate) probe: Vec<PrintSummary>,
    /// Whether a candidate meets its threshold.
    pub(crate) found: bool,
    /// How the threshold was set.
    pub(crate) threshold_from: String,
    /// Persons in the gallery.
    pub(crate) gallery_persons: u64,
    /// References in the gallery.
    pub(crate) gallery_references: u64,
    /// References that a print was compared with.
    pub(crate) eligible_references: u64,
    /// The ranked list.
    pub(crate) candidates: Vec<Ranked>,
    /// What the reader should know about the probe, in sentences.
    pub(crate) remarks: Vec<String>,
    /// What the answer does not cover, in sentences; empty when it covers everything.
    pub(crate) not_covered: Vec<String>,
    /// What the gallery was scanned on.
    pub(crate) scanned_on: String,
    /// How long the search took.
    pub(crate) seconds: f64,
    /// Hash of the matching parameters.
    pub(crate) parameters_hash: String,
    /// Version of the extractor.
    pub(crate) extractor_version: u16,
}

/// A candidate.
#[derive(Serialize)]
pub(crate) struct Ranked {
    /// From 1.
    pub(crate) rank: usize,
    /// The person.
    pub(crate) subject: String,
    /// Sum over the fingers compared.
    pub(crate) similarity: u32,
    /// Fingers compared.
    pub(crate) fingers_compared: usize,
    /// Threshold for as many fingers.
    pub(crate) threshold: u32,
    /// `match` or `no match`.
    pub(crate) decision: &'static str,
    /// log10 of the likelihood ratio.
    pub(crate) log10_likelihood_ratio: f64,
    /// The same in words.
    pub(crate) likelihood_words: &'static str,
    /// Other persons expected at this similarity in a gallery of this size.
    pub(crate) expected_false_positives: f64,
    /// What each print contributed.
    pub(crate) fingers: Vec<Contribution>,
}

/// What one print contributed.
#[derive(Serialize)]
pub(crate) struct Contribution {
    /// Number of the print of the probe, from 1.
    pub(crate) probe: usize,
    /// Finger of the reference.
    pub(crate) position: &'static str,
    /// Impression of the reference.
    pub(crate) impression: String,
    /// Similarity of the two prints.
    pub(crate) similarity: u32,
    /// Minutiae paired.
    pub(crate) paired_minutiae: usize,
}

impl Answer {
    /// From a search that ran there and took so long.
    pub(crate) fn new(search: &Search<'_>, scanned_on: String, seconds: f64) -> Self {
        let identification = search.identification;
        let coverage = &identification.coverage;
        let ranked = identification.ranked().enumerate();
        Self {
            probe: search.prints.iter().map(Print::summary).collect(),
            found: identification.found(),
            threshold_from: match search.options.threshold {
                Threshold::Similarity(similarity) => format!("similarity {similarity}, given"),
                Threshold::Fpir(fpir) => {
                    format!("false positive identification rate {}", words::target(fpir))
                }
            },
            gallery_persons: coverage.persons,
            gallery_references: coverage.references,
            eligible_references: coverage.eligible_references,
            candidates: ranked
                .map(|(index, (c, detail))| Ranked::new(index + 1, c, detail))
                .collect(),
            remarks: Vec::new(),
            not_covered: not_covered(search),
            scanned_on,
            seconds,
            parameters_hash: format!(
                "{:016x}",
                matching::Parameters::default().configuration_hash()
            ),
            extractor_version: extraction::EXTRACTOR_VERSION.0,
        }
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (index, print) in self.probe.iter().enumerate() {
            let resolution = print.resolution.map_or("template".to_owned(), |r| r.to_string());
            text.push_str(&format!(
                "probe {:<4} {}: {resolution}, quality {}, {}\n",
                index + 1,
                plain(&print.file),
                print.quality,
                counted(print.minutiae as u64, ["minutia", "minutiae"]),
            ));
        }
        text.push_str(&format!(
            "gallery    {}, {}\nthreshold  {}\n\n",
            counted(self.gallery_persons, PERSONS),
            counted(self.gallery_references, REFERENCES),
            self.threshold()
        ));
        text.push_str(&match self.candidates.is_empty() {
            true => "no candidates\n".to_owned(),
            false => candidate_table(&self.candidates).render(),
        });
        text.push('\n');
        text.push_str(&self.conclusion());
        for sentence in &self.remarks {
            text.push_str(&format!("remark: {}\n", plain(sentence)));
        }
        for sentence in &self.not_covered {
            text.push_str(&format!("not covered: {}\n", plain(sentence)));
        }
        text
    }

    /// The thresholds of the candidates, which depend on how many fingers were compared.
    fn threshold(&self) -> String {
        let mut by_fingers: Vec<(usize, u32)> =
            self.candidates.iter().map(|c| (c.fingers_compared, c.threshold)).collect();
        by_fingers.sort_unstable();
        by_fingers.dedup();
        let from = &self.threshold_from;
        let each = by_fingers.iter().map(|(fingers, threshold)| match fingers {
            1 => format!("{threshold} for 1 finger"),
            fingers => format!("{threshold} for {fingers} fingers"),
        });
        match by_fingers.is_empty() {
            true => from.clone(),
            false => format!("{} ({from})", each.collect::<Vec<_>>().join(", ")),
        }
    }

    fn conclusion(&self) -> String {
        let matches = self.candidates.iter().filter(|c| c.decision == "match").count();
        let ms = self.seconds * 1000.0;
        let time = format!("searched in {ms:.0} ms, scanned on: {}", self.scanned_on);
        match matches {
            0 => format!("not found: no candidate meets the threshold; {time}\n"),
            1 => format!("found: 1 candidate meets the threshold; {time}\n"),
            n => format!("found: {n} candidates meet the threshold; {time}\n"),
        }
    }
}

/// The list as a table.
pub(crate) fn candidate_table(candidates: &[Ranked]) -> Table {
    let mut table = Table::new(&[
        ("rank", Align::Right),
        ("subject", Align::Left),
        ("similarity", Align::Right),
        ("likelihood ratio", Align::Right),
        ("expected false", Align::Right),
        ("decision", Align::Left),
        ("per finger", Align::Left),
    ]);
    for candidate in candidates {
        table.row([
            candidate.rank.to_string(),
            candidate.subject.clone(),
            candidate.similarity.to_string(),
            words::likelihood_number(candidate.log10_likelihood_ratio),
            words::small(candidate.expected_false_positives),
            candidate.decision.to_owned(),
            contributions(&candidate.fingers),
        ]);
    }
    table
}

/// Per finger, such as `right-index 1: 612, left-index 2: 377`; `impression 1: 612` where the
/// finger is not known.
pub(crate) fn contributions(fingers: &[Contribution]) -> String {
    let finger = |f: &Contribution| {
        let finger = if f.position == "unknown" { "impression" } else { f.position };
        format!("{finger} {}: {}", f.impression, f.similarity)
    };
    fingers.iter().map(finger).collect::<Vec<_>>().join(", ")
}

impl Ranked {
    /// A candidate at a rank.
    pub(crate) fn new(rank: usize, candidate: &Candidate, detail: &CandidateDetail) -> Self {
        Self {
            rank,
            subject: candidate.subject.to_string(),
            similarity: candidate.similarity.thousandths(),
            fingers_compared: detail.fingers_compared,
            threshold: detail.threshold.thousandths(),
            decision: match detail.decision {
                Decision::Match => "match",
                Decision::NoMatch => "no match",
            },
            log10_likelihood_ratio: detail.log_likelihood_ratio,
            likelihood_words: words::likelihood_words(detail.log_likelihood_ratio),
            expected_false_positives: detail.expected_false_positives,
            fingers: detail
                .fingers
                .iter()
                .map(|finger| Contribution {
                    probe: finger.probe_print + 1,
                    position: finger.position.name(),
                    impression: finger.impression.to_string(),
                    similarity: finger.similarity.thousandths(),
                    paired_minutiae: finger.pairs.len(),
                })
                .collect(),
        }
    }
}

/// What an answer does not cover. Every search says it, so that silence means completeness.
fn not_covered(search: &Search<'_>) -> Vec<String> {
    let identification = search.identification;
    let (coverage, counts) = (&identification.coverage, &identification.counts);
    let mut sentences = Vec::new();
    if identification.outcome == Outcome::NothingToSearchWith {
        sentences
            .push("nothing was searched: no print of the probe has enough minutiae".to_owned());
    }
    for index in &identification.unusable_prints {
        let name = search.prints.get(*index).map(Print::name).unwrap_or_default();
        sentences.push(format!("{name} has too few minutiae for the scan of the gallery"));
    }
    let other_fingers = coverage.references.saturating_sub(coverage.eligible_references);
    if other_fingers > 0 && coverage.positions == PositionRule::AsLabeled {
        sentences.push(format!(
            "{other_fingers} of {} left out by finger position or extractor",
            counted(coverage.references, ["reference was", "references were"])
        ));
    }
    if coverage.other_extractor > 0 {
        sentences.push(format!(
            "{} made by another extractor and {}",
            counted(coverage.other_extractor, ["reference was", "references were"]),
            match coverage.extractors {
                search::ExtractorRule::Compare =>
                    "compared all the same; their scores are not calibrated",
                _ => "left out",
            }
        ));
    }
    if counts.rescored_persons < coverage.eligible_persons
        && identification.outcome == Outcome::Searched
    {
        sentences.push(format!(
            "all {} persons were scanned, the best {} compared in full and {} aligned",
            coverage.eligible_persons, counts.rescored_persons, counts.aligned_persons
        ));
    }
    sentences
}
