//! `cargo xtask fuzz`: every decoder under libFuzzer for a while.

use crate::process;
use std::process::Command;

/// Runs each target of `fuzz/` for the seconds given (60).
///
/// # Errors
/// A missing tool, or a target that found a crash (its input lies in `fuzz/artifacts`).
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let seconds = match arguments.first() {
        Some(text) => {
            text.parse::<u32>().map_err(|_| format!("`{text}` is no number of seconds"))?
        }
        None => 60,
    };
    if !process::is_installed("cargo-fuzz") {
        return Err("cargo-fuzz is not installed: cargo install --locked cargo-fuzz".into());
    }
    for target in targets()? {
        let limit = format!("-max_total_time={seconds}");
        let words = ["+nightly", "fuzz", "run", &target, "--", &limit, "-rss_limit_mb=2048"];
        process::step(&target, || process::run("cargo", &words))?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>, String> {
    let output = Command::new("cargo")
        .args(["+nightly", "fuzz", "list"])
        .current_dir(process::repository())
        .output()
        .map_err(|error| format!("cargo fuzz list: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect())
}
