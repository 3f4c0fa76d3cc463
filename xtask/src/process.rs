//! Running other programs, loudly.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map(PathBuf::from).unwrap_or(manifest)
}

/// Whether a program of this name is on the path.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a program in the repository with its output passed on.
///
/// # Errors
/// A text with the command line when it cannot be started or does not exit with 0.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let line = format!("{program} {}", arguments.join(" "));
    eprintln!("> {line}");
    let status = Command::new(program)
        .args(arguments)
        .current_dir(repository())
        // Keeps a layer of Mesa from complaining, for every device found, that there is no display.
        .env("NODEVICE_SELECT", "1")
        .status()
        .map_err(|error| format!("`{line}` could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// Runs a named step and says how long it took.
pub(crate) fn step(name: &str, action: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    eprintln!("== {name}");
    let start = Instant::now();
    action().map_err(|message| format!("{name}: {message}"))?;
    eprintln!("== {name}: passed in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
