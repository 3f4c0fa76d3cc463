//! Searching in a cluster: the answer says what it covers.

use super::Arguments;
use crate::commands::receipt::{self, Receipt};
use crate::load::{Print, PrintSummary};
use crate::output::{Exit, Output};
use crate::report::words::{likelihood_number, likelihood_words, small, target};
use crate::table::{Align, Table, plain};
use coordinator::{Candidate, Identified, Identify};
use formats::template::encounter::Encounter;
use matching::calibration::Calibration;
use operation::connection::Connection;
use operation::names::subject_of;
use replication::{Lane, Scope};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use vocabulary::Similarity;

/// Arguments of a search that go on record.
#[derive(clap::Args)]
pub(crate) struct SearchArguments {
    /// The code of what the search is for, as it is to stand on record.
    #[arg(long, value_name = "CODE", requires = "cluster", required_unless_present = "data",
          value_parser = clap::value_parser!(u16).range(1..), help_heading = "Cluster")]
    purpose: Option<u16>,
    /// The number of the case, likewise.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, help_heading = "Cluster")]
    case: u64,
    /// List nobody unless everybody was compared.
    #[arg(long, requires = "cluster", help_heading = "Cluster")]
    complete_only: bool,
    /// What goes first when the cluster has too much to do.
    #[arg(long, value_enum, default_value_t = Priority::Standard, requires = "cluster",
          help_heading = "Cluster")]
    priority: Priority,
    /// Keep what the coordinator signed of the search: what was asked and compared, and who is
    /// listed. `tanba audit receipt` reads it.
    #[arg(long, value_name = "FILE", requires = "cluster", help_heading = "Cluster")]
    receipt: Option<PathBuf>,
}

/// How urgent a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Priority {
    /// Nobody waits for it today; the first to be refused.
    Batch,
    /// Somebody waits.
    Standard,
    /// Somebody waits at a border or a scene; the last to be refused, and scanned before others.
    Urgent,
}

impl From<Priority> for Lane {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Batch => Self::Batch,
            Priority::Standard => Self::Standard,
            Priority::Urgent => Self::Urgent,
        }
    }
}

/// The answer of a search.
#[derive(Debug, Serialize)]
struct Answer {
    probe: Vec<PrintSummary>,
    found: bool,
    purpose: u16,
    case: u64,
    threshold: u32,
    threshold_from: String,
    receipt: Receipt,
    candidates: Vec<Ranked>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Ranked {
    rank: usize,
    subject: String,
    encounter: String,
    similarity: u32,
    decision: &'static str,
    log10_likelihood_ratio: f64,
    likelihood_words: &'static str,
    expected_false_positives: f64,
}

/// The decision when the threshold is met.
const MATCH: &str = "match";

/// Searches and answers.
pub(super) fn identify(
    arguments: &Arguments,
    prints: &[Print],
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let probe = Encounter::new(prints.iter().map(|print| print.template.clone()).collect())?;
    let asked = Identify {
        requester: 0,
        purpose: arguments.search.purpose.unwrap_or_default(),
        case: arguments.search.case,
        probe: probe.encode().into(),
        scope: Scope { active_only: true, gallery: None },
        person: None,
        threshold: 0,
        candidates_max: arguments.top.into(),
        allow_partial: !arguments.search.complete_only,
        lane: arguments.search.priority.into(),
    };
    let started = Instant::now();
    let file = arguments.search.receipt.as_deref();
    let identified = receipt::identify(&asked, file, connection, output)?;
    let seconds = started.elapsed().as_secs_f64();
    let answer = answer(arguments, prints, identified, seconds);
    output.answer(&answer, text)?;
    Ok(match (answer.found, answer.receipt.complete) {
        (true, _) => Exit::Found,
        (false, true) => Exit::NotFound,
        (false, false) => Exit::Rejects,
    }
    .into())
}

/// The decimal logarithm of the number of ways in which the prints could have been chosen: what
/// the rarity, which considers them, lacks of that of the bare similarity.
fn choice_cost(candidate: &Candidate, fingers: usize) -> f64 {
    let similarity = Similarity::from_thousandths(candidate.score);
    let unchosen = Calibration::shipped().rarity(similarity, fingers, 1);
    f64::from(unchosen.saturating_sub(candidate.rarity)) / 1000.0
}

fn answer(arguments: &Arguments, prints: &[Print], identified: Identified, seconds: f64) -> Answer {
    let calibration = Calibration::shipped();
    let (fingers, persons) = (prints.len(), identified.eligible);
    let best = identified.candidates.first();
    let ways = best.map_or(1.0, |best| 10f64.powf(choice_cost(best, fingers)));
    let (threshold, threshold_from) = match arguments.threshold {
        Some(thousandths) => (Similarity::from_thousandths(thousandths), "given".to_owned()),
        None => (
            calibration.threshold_for_fpir(arguments.fpir / ways, fingers, persons),
            format!("false positive identification rate {}", target(arguments.fpir)),
        ),
    };
    let ranked = |(index, candidate): (usize, &Candidate)| {
        let similarity = Similarity::from_thousandths(candidate.score);
        let ratio =
            calibration.log_likelihood_ratio(similarity, fingers) - choice_cost(candidate, fingers);
        let met = match arguments.threshold {
            Some(_) => similarity.meets(threshold),
            None => candidate.rarity >= Calibration::rarity_for_fpir(arguments.fpir, persons),
        };
        Ranked {
            rank: index + 1,
            subject: subject_of(candidate.person),
            encounter: format!("{:032x}", candidate.encounter.0),
            similarity: candidate.score,
            decision: if met { MATCH } else { "no match" },
            log10_likelihood_ratio: ratio,
            likelihood_words: likelihood_words(ratio),
            expected_false_positives: 10f64.powf(-f64::from(candidate.rarity) / 1000.0)
                * persons as f64,
        }
    };
    let candidates: Vec<Ranked> = identified.candidates.iter().enumerate().map(ranked).collect();
    Answer {
        probe: prints.iter().map(Print::summary).collect(),
        found: candidates.iter().any(|candidate| candidate.decision == MATCH),
        purpose: arguments.search.purpose.unwrap_or_default(),
        case: arguments.search.case,
        threshold: threshold.thousandths(),
        threshold_from,
        receipt: Receipt::of(&identified),
        candidates,
        seconds,
    }
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    for (index, print) in answer.probe.iter().enumerate() {
        let (file, minutiae) = (plain(&print.file), print.minutiae);
        let number = index + 1;
        text.push_str(&format!(
            "probe {number:<4} {file}: quality {}, {minutiae} minutiae\n",
            print.quality
        ));
    }
    let Answer { threshold, threshold_from, purpose, case, .. } = answer;
    text.push_str(&format!("threshold  {threshold} ({threshold_from})\n\n"));
    text.push_str(&match answer.candidates.is_empty() {
        true => "no candidates\n".to_owned(),
        false => table(&answer.candidates).render(),
    });
    let found = if answer.found { "found" } else { "not found" };
    let ms = answer.seconds * 1000.0;
    text.push_str(&format!("\n{found} in {ms:.0} ms\n"));
    text.push_str(&answer.receipt.text(*purpose, *case));
    text
}

fn table(candidates: &[Ranked]) -> Table {
    let mut table = Table::new(&[
        ("rank", Align::Right),
        ("subject", Align::Left),
        ("similarity", Align::Right),
        ("likelihood ratio", Align::Right),
        ("expected false", Align::Right),
        ("decision", Align::Left),
        ("encounter", Align::Left),
    ]);
    for candidate in candidates {
        table.row([
            candidate.rank.to_string(),
            candidate.subject.clone(),
            candidate.similarity.to_string(),
            likelihood_number(candidate.log10_likelihood_ratio),
            small(candidate.expected_false_positives),
            candidate.decision.to_owned(),
            candidate.encounter.clone(),
        ]);
    }
    table
}
