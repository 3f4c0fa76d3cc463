//! tanba: enroll, identify, verify, inspect and evaluate fingerprints.

mod commands;
mod comparing;
mod demonstration;
mod device;
mod gallery;
mod identification;
mod load;
mod manifest;
mod population;
mod registration;
mod report;
mod served;
mod stages;
mod trial;

use clap::Parser;
use commands::Command;
use output::{Exit, Format, Output};
use std::process::ExitCode;
use terminal::{calendar, output, progress, table};

/// Enroll, identify, verify, inspect and evaluate fingerprints.
#[derive(Parser)]
#[command(name = "tanba", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = AFTER_HELP)]
struct Tanba {
    /// How the answer is written to standard output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table,
          help_heading = "Output")]
    format: Format,
    /// No progress and no remarks on standard error; errors still are.
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done, or a candidate met the threshold
  1  done, and no candidate met the threshold
  2  error; standard error says what to do
  3  done, with some files rejected
  4  a coordinator ended and must not be started again as it is

Examples:
  tanba demo --report demo.html
  tanba enroll prints/ --data gallery --pattern '{subject}_{impression}'
  tanba identify found.png --data gallery --report found.html
  tanba verify a.png b.png
  tanba inspect found.png --stage skeleton --out skeleton.svg
  tanba devices";

fn main() -> ExitCode {
    let arguments = Tanba::parse();
    let output = Output::new(arguments.format, arguments.quiet);
    match arguments.command.run(&output) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            Exit::Error.into()
        }
    }
}
