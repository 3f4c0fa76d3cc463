//! What is said about an enrollment: a line per file, and a summary.

use crate::load::Resolution;
use crate::output::{Exit, Format, Output};
use crate::report::words::counted;
use crate::table::{Align, Table};
use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;
use vocabulary::ImpressionKey;

/// A file or line that was not enrolled, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rejection {
    pub(crate) file: String,
    pub(crate) reason: String,
}

impl Rejection {
    pub(crate) fn new(file: impl ToString, reason: impl ToString) -> Self {
        Self { file: file.to_string(), reason: reason.to_string() }
    }
}

/// A line of the JSON answer.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    /// It is on disk, synced.
    Enrolled {
        file: &'a str,
        subject: &'a str,
        position: &'a str,
        impression: &'a str,
        quality: u8,
        minutiae: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        resolution: Option<Resolution>,
    },
    /// The same file was enrolled before.
    Skipped {
        file: &'a str,
    },
    Rejected {
        file: &'a str,
        reason: &'a str,
    },
    Declared {
        subject: &'a str,
        position: &'a str,
        status: String,
    },
    Summary(Summary),
}

/// How much was done.
#[derive(Debug, Clone, Copy, Serialize)]
struct Summary {
    enrolled: usize,
    skipped: usize,
    rejected: usize,
    declared: usize,
    ignored: usize,
    seconds: f64,
    files_per_second: f64,
}

/// An enrolled print.
pub(crate) struct Enrolled<'a> {
    pub(crate) key: &'a ImpressionKey,
    pub(crate) quality: u8,
    pub(crate) minutiae: usize,
    pub(crate) resolution: Option<Resolution>,
}

/// Keeps count and writes the answer as it grows.
pub(crate) struct Tally<'a> {
    output: &'a Output,
    started: Instant,
    enrolled: usize,
    skipped: usize,
    declared: usize,
    pub(crate) ignored: usize,
    rejections: Vec<Rejection>,
    /// By estimated resolution: how many prints, and the range that their ridges said.
    estimates: BTreeMap<u32, (usize, f32, f32)>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        Self {
            output,
            started: Instant::now(),
            enrolled: 0,
            skipped: 0,
            declared: 0,
            ignored: 0,
            rejections: Vec::new(),
            estimates: BTreeMap::new(),
        }
    }

    fn event(&self, event: &Event<'_>) -> anyhow::Result<()> {
        if self.output.format() != Format::Json {
            return Ok(());
        }
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.output.data(&line)
    }

    /// A print is on disk.
    pub(crate) fn enrolled(&mut self, file: &str, print: &Enrolled<'_>) -> anyhow::Result<()> {
        self.enrolled += 1;
        if let Some(Resolution::Estimated { ppi, ridges_say }) = print.resolution {
            let range = self.estimates.entry(ppi as u32).or_insert((0, ridges_say, ridges_say));
            *range = (range.0 + 1, range.1.min(ridges_say), range.2.max(ridges_say));
        }
        self.event(&Event::Enrolled {
            file,
            subject: print.key.subject.as_str(),
            position: print.key.position.name(),
            impression: print.key.impression.as_str(),
            quality: print.quality,
            minutiae: print.minutiae,
            resolution: print.resolution,
        })
    }

    /// A file was enrolled before.
    pub(crate) fn skipped(&mut self, file: &str) -> anyhow::Result<()> {
        self.skipped += 1;
        self.event(&Event::Skipped { file })
    }

    /// A file was not enrolled.
    pub(crate) fn rejected(&mut self, rejection: Rejection) -> anyhow::Result<()> {
        let Rejection { file, reason } = &rejection;
        self.event(&Event::Rejected { file, reason })?;
        self.rejections.push(rejection);
        Ok(())
    }

    /// A finger was declared.
    pub(crate) fn declared(&mut self, finger: &super::jobs::Declaration) -> anyhow::Result<()> {
        self.declared += 1;
        self.event(&Event::Declared {
            subject: finger.subject.as_str(),
            position: finger.position.name(),
            status: finger.status.to_string(),
        })
    }

    /// Writes the rejects file, the summary and the exit code.
    pub(crate) fn finish(mut self, rejects: Option<&Path>) -> anyhow::Result<Exit> {
        self.rejections.sort_unstable_by(|a, b| a.file.cmp(&b.file));
        if let Some(path) = rejects {
            write_csv(path, &self.rejections)?;
        }
        self.note_estimates();
        let seconds = self.started.elapsed().as_secs_f64();
        let files = self.enrolled + self.skipped + self.rejections.len();
        let summary = Summary {
            enrolled: self.enrolled,
            skipped: self.skipped,
            rejected: self.rejections.len(),
            declared: self.declared,
            ignored: self.ignored,
            seconds,
            files_per_second: files as f64 / seconds.max(1e-9),
        };
        self.event(&Event::Summary(summary))?;
        if self.output.format() == Format::Table {
            self.output.data(text(&summary, &self.rejections).as_bytes())?;
        }
        Ok(if self.rejections.is_empty() { Exit::Found } else { Exit::Rejects })
    }

    /// Says which resolutions are estimates.
    fn note_estimates(&self) {
        for (ppi, (prints, least, most)) in &self.estimates {
            let state = counted(*prints as u64, ["print states", "prints state"]);
            self.output.warning(format!(
                "{state} no resolution: taken as {ppi} ppi, since the ridges say {least:.0} to \
                 {most:.0}; give --ppi if that is wrong"
            ));
        }
    }
}

fn text(summary: &Summary, rejections: &[Rejection]) -> String {
    let mut text = String::new();
    if !rejections.is_empty() {
        let mut table = Table::new(&[("rejected", Align::Left), ("reason", Align::Left)]);
        for Rejection { file, reason } in rejections {
            table.row([file, reason]);
        }
        text = table.render() + "\n";
    }
    let Summary { enrolled, skipped, rejected, declared, ignored, .. } = summary;
    let mut counts = vec![
        format!("{enrolled} enrolled"),
        format!("{skipped} enrolled before"),
        format!("{rejected} rejected"),
    ];
    if *declared > 0 {
        counts.push(format!("{declared} fingers declared"));
    }
    if *ignored > 0 {
        counts.push(format!("{ignored} other files left out"));
    }
    let counts = counts.join(", ");
    let (seconds, rate) = (summary.seconds, summary.files_per_second);
    writeln!(text, "{counts}; {seconds:.1} s, {rate:.1} prints/s").expect("memory takes any text");
    text
}

fn write_csv(path: &Path, rejections: &[Rejection]) -> anyhow::Result<()> {
    let write = || -> Result<(), csv::Error> {
        let mut writer = csv::Writer::from_path(path)?;
        writer.write_record(["file", "reason"])?;
        for Rejection { file, reason } in rejections {
            writer.write_record([file, reason])?;
        }
        Ok(writer.flush()?)
    };
    write().with_context(|| format!("the list of rejects {} cannot be written", path.display()))
}
