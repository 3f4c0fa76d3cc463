//! `tanba stats`: what a gallery holds.

use crate::gallery;
use crate::output::{Exit, Output};
use crate::table::{Align, Table};
use node::{OnDamage, Statistics};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `tanba stats`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 done, 2 error, 3 some references are damaged and were left out.

Examples:
  tanba stats --data gallery
  tanba stats --data gallery --format json
  tanba stats --data gallery --repack")]
pub(crate) struct Arguments {
    /// The folder of the gallery.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Leave damaged references out and list them, instead of refusing the gallery.
    #[arg(long)]
    leave_out_damaged: bool,
    /// When the gallery was built with other matching parameters, bring it up to date from its
    /// templates. The release that built it will then refuse it.
    #[arg(long)]
    repack: bool,
}

#[derive(Debug, Serialize)]
struct Answer {
    persons: u64,
    references: u64,
    positions: BTreeMap<&'static str, u64>,
    extractor_versions: BTreeMap<u16, u64>,
    images: u64,
    finger_declarations: u64,
    bytes_on_disk: u64,
    bytes_on_disk_per_reference: f64,
    bytes_resident_per_reference: f64,
    format_version: u32,
    extractor_version: u16,
    parameters: String,
    created_unix_s: u64,
    damaged: Vec<Damaged>,
}

#[derive(Debug, Serialize)]
struct Damaged {
    key: String,
    reason: String,
}

/// Counts.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let mut options = gallery::options();
    options.repack = arguments.repack;
    if arguments.leave_out_damaged {
        options.on_damage = OnDamage::LeaveOut;
    }
    let node = gallery::open(&arguments.data, &options, output)?;
    let damaged = node.damaged().into_iter();
    let damaged =
        damaged.map(|damaged| Damaged { key: damaged.key, reason: damaged.fault.to_string() });
    let answer = answer(node.stats()?, damaged.collect());
    output.answer(&answer, text)?;
    Ok(if answer.damaged.is_empty() { Exit::Found } else { Exit::Rejects }.into())
}

fn answer(statistics: Statistics, damaged: Vec<Damaged>) -> Answer {
    let references = statistics.references;
    let positions = statistics.positions.iter();
    Answer {
        persons: statistics.persons,
        references,
        positions: positions.map(|(position, count)| (position.name(), *count)).collect(),
        extractor_versions: statistics.extractors.iter().map(|(v, count)| (v.0, *count)).collect(),
        images: statistics.images,
        finger_declarations: statistics.declarations,
        bytes_on_disk: statistics.bytes_on_disk,
        bytes_on_disk_per_reference: statistics.bytes_on_disk as f64 / references.max(1) as f64,
        bytes_resident_per_reference: statistics.bytes_resident_per_reference,
        format_version: statistics.metadata.format,
        extractor_version: statistics.metadata.extractor.0,
        parameters: format!("{:016x}", statistics.metadata.parameters_hash),
        created_unix_s: statistics.metadata.created_unix_s,
        damaged,
    }
}

fn text(answer: &Answer) -> String {
    let mut table = Table::new(&[("gallery", Align::Left), ("", Align::Right)]);
    table
        .row(["persons".to_owned(), answer.persons.to_string()])
        .row(["references".to_owned(), answer.references.to_string()]);
    for (position, count) in &answer.positions {
        table.row([format!("  {position}"), count.to_string()]);
    }
    for (version, count) in &answer.extractor_versions {
        let what = match version {
            0 => "  templates of other makers".to_owned(),
            version => format!("  extracted by version {version}"),
        };
        table.row([what, count.to_string()]);
    }
    table
        .row(["images".to_owned(), answer.images.to_string()])
        .row(["fingers declared absent".to_owned(), answer.finger_declarations.to_string()])
        .row(["on disk, MiB".to_owned(), mebibytes(answer.bytes_on_disk)])
        .row(["on disk, bytes a reference".to_owned(), whole(answer.bytes_on_disk_per_reference)])
        .row(["in memory, bytes a reference".into(), whole(answer.bytes_resident_per_reference)])
        .row(["format version".to_owned(), answer.format_version.to_string()])
        .row(["extractor version".to_owned(), answer.extractor_version.to_string()])
        .row(["matching parameters".to_owned(), answer.parameters.clone()]);
    let mut text = table.render();
    if !answer.damaged.is_empty() {
        let mut table = Table::new(&[("left out", Align::Left), ("reason", Align::Left)]);
        for Damaged { key, reason } in &answer.damaged {
            table.row([key, reason]);
        }
        text = format!("{text}\n{}", table.render());
    }
    text
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

fn whole(number: f64) -> String {
    format!("{number:.0}")
}
