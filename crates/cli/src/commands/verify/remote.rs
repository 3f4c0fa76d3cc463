//! Verification in a cluster: compared with everything that is enrolled of the person, on record
//! like any search.

use super::{Arguments, MATCH, read_side};
use crate::commands::receipt::{self, Receipt};
use crate::load::{Print, PrintSummary, note_estimates};
use crate::output::{Exit, Output};
use crate::report::words::{small, target};
use crate::table::plain;
use anyhow::{Context, ensure};
use coordinator::Identify;
use formats::template::encounter::Encounter;
use matching::calibration::Calibration;
use operation::connection::Connection;
use operation::names::person_of;
use replication::{Lane, Scope};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use vocabulary::SubjectId;

/// What goes on record.
#[derive(clap::Args)]
pub(crate) struct RecordedArguments {
    /// The code of what the comparison is for, as it is to stand on record.
    #[arg(long, value_name = "CODE", requires = "cluster",
          value_parser = clap::value_parser!(u16).range(1..), help_heading = "Cluster")]
    purpose: Option<u16>,
    /// The number of the case, likewise.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, help_heading = "Cluster")]
    case: u64,
    /// Keep what the coordinator signed of the comparison; `tanba audit receipt` reads it.
    #[arg(long, value_name = "FILE", requires = "cluster", help_heading = "Cluster")]
    receipt: Option<PathBuf>,
}

/// The answer.
#[derive(Serialize)]
struct Claim {
    probe: Vec<PrintSummary>,
    subject: String,
    /// Of the encounter that is most alike.
    similarity: u32,
    encounter: Option<String>,
    /// That a stranger is as alike.
    false_match_rate: f64,
    /// The highest rate that is a match.
    threshold: f64,
    decision: &'static str,
    purpose: u16,
    case: u64,
    receipt: Receipt,
}

/// Asks and answers.
pub(super) fn verify(
    arguments: &Arguments,
    subject: &SubjectId,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    ensure!(
        arguments.threshold.is_none(),
        "a cluster decides by rates, which hold for any number of fingers: give --fmr"
    );
    let purpose = arguments.recorded.purpose.context("say what it is for: --purpose")?;
    let probe = read_side(&arguments.files, arguments.resolution.ppi)?;
    note_estimates(&probe, output);
    let encounter = Encounter::new(probe.iter().map(|print| print.template.clone()).collect())?;
    let asked = Identify {
        requester: 0,
        purpose,
        case: arguments.recorded.case,
        probe: encounter.encode().into(),
        scope: Scope { active_only: true, gallery: None },
        person: Some(person_of(subject)?),
        threshold: 0,
        candidates_max: 1,
        allow_partial: false,
        lane: Lane::Standard,
    };
    let file = arguments.recorded.receipt.as_deref();
    let identified = receipt::identify(&asked, file, connection, output)?;
    let receipt = Receipt::of(&identified);
    ensure!(
        !receipt.complete || receipt.eligible > 0,
        "nothing of {subject} can be compared with: it is not enrolled, or waits for its duplicate \
         check or for a decision"
    );
    let best = identified.candidates.first();
    let rarity = best.map_or(0, |best| best.rarity);
    let is_match = rarity >= Calibration::rarity_for_fpir(arguments.fmr, 1);
    let claim = Claim {
        probe: probe.iter().map(Print::summary).collect(),
        subject: subject.to_string(),
        similarity: best.map_or(0, |best| best.score),
        encounter: best.map(|best| format!("{:032x}", best.encounter.0)),
        false_match_rate: 10f64.powf(-f64::from(rarity) / 1000.0),
        threshold: arguments.fmr,
        decision: match (receipt.complete, is_match) {
            (false, _) => "not known",
            (true, true) => MATCH,
            (true, false) => "no match",
        },
        purpose,
        case: arguments.recorded.case,
        receipt,
    };
    output.answer(&claim, text)?;
    Ok(match (claim.receipt.complete, is_match) {
        (false, _) => Exit::Rejects,
        (true, true) => Exit::Found,
        (true, false) => Exit::NotFound,
    }
    .into())
}

fn text(claim: &Claim) -> String {
    let mut text = String::new();
    for print in &claim.probe {
        let (file, quality, minutiae) = (plain(&print.file), print.quality, print.minutiae);
        text.push_str(&format!(
            "probe             {file}: quality {quality}, {minutiae} minutiae\n"
        ));
    }
    text.push_str(&format!(
        "subject           {}\n\
         similarity        {}\n\
         false match rate  {}\n\
         threshold         {}\n\
         decision          {}\n",
        claim.subject,
        claim.similarity,
        small(claim.false_match_rate),
        target(claim.threshold),
        claim.decision,
    ));
    text.push_str(&claim.receipt.text(claim.purpose, claim.case));
    text
}
