//! Where a command's answer goes: data to standard output, everything else to standard error.

use crate::progress::Progress;
use crate::table::plain;
use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned text for people.
    Table,
    /// One JSON document for programs.
    Json,
}

/// What the process says with its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or found.
    Found,
    /// Done, and nothing met the threshold.
    NotFound,
    /// Not done.
    Error,
    /// Done, with rejected files.
    Rejects,
    /// A process ended that must not be started again as it is.
    Halted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Found => 0,
            Exit::NotFound => 1,
            Exit::Error => 2,
            Exit::Rejects => 3,
            Exit::Halted => 4,
        })
    }
}

/// The two streams of a command.
pub struct Output {
    format: Format,
    quiet: bool,
}

impl Output {
    /// Streams in this format; `quiet` silences remarks and progress, not errors.
    pub const fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    /// How the answer is written, for commands that write it piece by piece.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Writes the answer: `data` as JSON, or the text that `table` makes of it.
    pub fn answer<T: Serialize>(
        &self,
        data: &T,
        table: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Table => self.data(table(data).as_bytes()),
            Format::Json => {
                let mut text = serde_json::to_string_pretty(data)?;
                text.push('\n');
                self.data(text.as_bytes())
            }
        }
    }

    /// Writes raw bytes to standard output. A reader that went away, such as `head`, is no error.
    pub fn data(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A remark for the person at the terminal.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", plain(text.as_ref()));
        }
    }

    /// Something the person should look at; said even when quiet.
    pub fn warning(&self, text: impl AsRef<str>) {
        eprintln!("warning: {}", plain(text.as_ref()));
    }

    /// Why the command failed, with every cause.
    pub fn error(&self, error: &anyhow::Error) {
        let mut text = String::new();
        for cause in error.chain().map(ToString::to_string) {
            // Some libraries repeat their cause in their own text.
            if !text.ends_with(&cause) {
                text.push_str(if text.is_empty() { "" } else { ": " });
                text.push_str(&cause);
            }
        }
        eprintln!("error: {}", plain(&text));
    }

    /// Progress of `total` steps of `what`.
    pub fn progress(&self, what: &str, total: u64) -> Progress {
        Progress::new(what, total, self.quiet)
    }

    /// Progress of work that is over soon: shown on a terminal only.
    pub fn brief_progress(&self, what: &str, total: u64) -> Progress {
        Progress::brief(what, total, self.quiet)
    }
}

/// Writes a whole file or says which one could not be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} could not be written", path.display()))
}

/// Reads a rate given on the command line.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1.0 => Ok(rate),
        _ => Err("give a share above 0 and up to 1, such as 0.001".to_owned()),
    }
}
