use crate::output::Output;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: Arguments, _output: &Output) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this command is being written")
}
