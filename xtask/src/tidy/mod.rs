//! Checks of the source text: sizes, layers and forbidden words. No compiler needed.

mod layers;
mod sizes;
mod source;
mod words;

use crate::process::repository;
use std::process::Command;

/// One file of the repository.
pub(crate) struct SourceFile {
    /// Path from the repository's root, with forward slashes.
    pub(crate) path: String,
    /// The whole text; empty for a binary file.
    pub(crate) text: String,
    /// Whether the bytes are no UTF-8 text.
    pub(crate) binary: bool,
}

/// Something to mend, with its place.
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    /// At a 1-based line; 0 means the file as a whole.
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

/// Reads every file that git tracks or would track, and prints what is to be mended.
///
/// # Errors
/// When something is to be mended, or git cannot be asked.
pub(crate) fn run() -> Result<(), String> {
    let files = files()?;
    let mut findings = sizes::check(&files);
    findings.extend(layers::check(&files));
    findings.extend(words::check(&files));
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for Finding { path, line, message } in &findings {
        eprintln!("{path}:{line}: {message}");
    }
    match findings.len() {
        0 => Ok(()),
        n => Err(format!("{n} to mend in {} files", files.len())),
    }
}

fn files() -> Result<Vec<SourceFile>, String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(repository())
        .output()
        .map_err(|error| format!("git ls-files: {error}"))?;
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut files = Vec::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        // A file removed but not yet staged is still listed.
        let Ok(bytes) = std::fs::read(repository().join(path)) else { continue };
        let (text, binary) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(_) => (String::new(), true),
        };
        files.push(SourceFile { path: path.into(), text, binary });
    }
    Ok(files)
}
