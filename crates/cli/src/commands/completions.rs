//! `tanba completions`: scripts that complete commands in a shell.

use crate::output::{Exit, Output};
use clap::CommandFactory;
use clap_complete::Shell;
use std::process::ExitCode;

/// Arguments of `tanba completions`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tanba completions bash > /etc/bash_completion.d/tanba
  tanba completions zsh > ~/.zfunc/_tanba
  tanba completions fish > ~/.config/fish/completions/tanba.fish")]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the script to standard output.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Tanba::command(), "tanba", &mut script);
    output.data(&script)?;
    Ok(Exit::Found.into())
}
