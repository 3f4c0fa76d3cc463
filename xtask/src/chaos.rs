//! `cargo xtask chaos`: a cluster of real processes under faults.

use crate::process;

/// Builds the program and the tool, and runs it.
///
/// # Errors
/// When a promise was broken; the output says where the journal is.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let built = ["build", "--release", "--locked", "--package", "cli", "--package", "chaos"];
    process::run("cargo", &built)?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    process::run("target/release/chaos", &arguments)
}
