//! `tanba import`: standard template files into a gallery.

use super::enroll::intake::Rules;
use super::enroll::{Sources, enroll};
use crate::output::Output;
use std::process::ExitCode;

/// Arguments of `tanba import`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 all imported or imported before, 2 error, 3 some files were rejected.

Reads ISO/IEC 19794-2:2005 and :2011, ANSI 378-2004 and -2009, and tanba's own templates. Templates
of other makers are compared with tanba's own only where `identify --other-extractors` allows it.

Examples:
  tanba import cards/ --data gallery --pattern '{subject}'
  tanba import --manifest cards.csv --data gallery")]
pub(crate) struct Arguments {
    #[command(flatten)]
    sources: Sources,
}

/// Imports.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let quality_min = arguments.sources.quality_min();
    let rules = Rules { quality_min, keep_images: false, templates_only: true };
    enroll(&arguments.sources, None, rules, output)
}
