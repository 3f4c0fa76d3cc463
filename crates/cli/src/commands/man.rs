//! `tanba man`: manual pages.

use crate::output::{Exit, Output};
use anyhow::Context;
use clap::CommandFactory;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `tanba man`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tanba man | man -l -
  tanba man --out /usr/local/share/man/man1")]
pub(crate) struct Arguments {
    /// Write one page per command into this folder instead of the main page to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the pages.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let command = crate::Tanba::command();
    match arguments.out {
        Some(dir) => {
            std::fs::create_dir_all(&dir)
                .and_then(|()| clap_mangen::generate_to(command, &dir))
                .with_context(|| format!("the manual could not be written to {}", dir.display()))?;
            output.note(format!("manual pages written to {}", dir.display()));
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            output.data(&page)?;
        }
    }
    Ok(Exit::Found.into())
}
