//! `tanba-bench speed`.

use anyhow::Result;

/// Command line of `speed`.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Measures.
pub(crate) fn run(_arguments: &Arguments) -> Result<bool> {
    Ok(true)
}
