//! `cargo xtask simulate`: simulated clusters with faults, from seeds.

use crate::process;

/// Builds the simulation, with seeded bugs only when they are asked for, and runs it.
///
/// # Errors
/// When a seed breaks an invariant, or a seeded bug is not found; the output says how to see it
/// again.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut words = vec!["run", "--quiet", "--release", "--locked", "--package", "simulation"];
    if arguments.iter().any(|argument| argument.starts_with("--mutation")) {
        words.extend(["--features", "mutations"]);
    }
    words.extend(["--bin", "simulate", "--"]);
    words.extend(arguments.iter().map(String::as_str));
    process::run("cargo", &words)
}
