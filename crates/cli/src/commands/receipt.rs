//! What an answer of a cluster covers, and what the coordinator signed of it.

use crate::output::{Output, write_file};
use anyhow::Context;
use coordinator::{Identified, Identify};
use operation::connection::Connection;
use operation::words;
use serde::Serialize;
use std::path::Path;

/// See the module.
#[derive(Debug, Serialize)]
pub(super) struct Receipt {
    /// The log index whose state was searched, or a later one; the search is on record there.
    as_of: u64,
    pub(super) complete: bool,
    /// Encounters that the search admits, and those that were compared.
    pub(super) eligible: u64,
    scanned: u64,
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize)]
struct Missing {
    partition: u16,
    why: &'static str,
}

/// Asks, and keeps what the coordinator signed in a file, if one is named.
pub(super) fn identify(
    asked: &Identify,
    file: Option<&Path>,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<Identified> {
    let answer = connection.client.identify_with_receipt(asked);
    let (identified, signed) = connection.wait(answer)?;
    if let Some(path) = file {
        let signed = signed.context(
            "the coordinator signed nothing: it runs without certificates, or cannot sign",
        )?;
        write_file(path, signed.to_file().as_bytes())?;
        output.note(format!("signed receipt written to {}", path.display()));
    }
    Ok(identified)
}

impl Receipt {
    /// That of an answer.
    pub(super) fn of(identified: &Identified) -> Self {
        let missing = identified.missing.iter().map(|(partition, missing)| Missing {
            partition: partition.0,
            why: words::missing(*missing),
        });
        Self {
            as_of: identified.as_of,
            complete: identified.is_complete,
            eligible: identified.eligible,
            scanned: identified.scanned,
            missing: missing.collect(),
        }
    }

    /// For people, with what stands on record.
    pub(super) fn text(&self, purpose: u16, case: u64) -> String {
        let Self { as_of, complete, eligible, scanned, missing } = self;
        let covers = match complete {
            true => format!("complete: {scanned} of {eligible} encounters compared"),
            false => format!(
                "INCOMPLETE: {scanned} of {eligible} encounters compared in the partitions that \
                 answered; {} did not",
                missing.len()
            ),
        };
        let mut text =
            format!("receipt: {covers}, as of {as_of}; purpose {purpose}, case {case}\n");
        for Missing { partition, why } in missing {
            text.push_str(&format!("missed: partition {partition}: {why}\n"));
        }
        text
    }
}
