//! Checks of the source text: sizes, layers and forbidden words. No compiler needed.

mod layers;
mod sizes;
mod source;
mod words;

use crate::process::repository;
use std::process::{Command, Output};

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

/// The paths of a listing; a git that lists nothing must not let everything pass.
fn listed(output: &Output) -> Result<Vec<String>, String> {
    let list = String::from_utf8_lossy(&output.stdout);
    let paths: Vec<String> = list.split('\0').filter(|p| !p.is_empty()).map(String::from).collect();
    if !output.status.success() || paths.is_empty() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git lists no files, so nothing was checked: {}", why.trim()));
    }
    Ok(paths)
}

pub(crate) fn files() -> Result<Vec<SourceFile>, String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(repository())
        .output()
        .map_err(|error| format!("git ls-files: {error}"))?;
    let mut files = Vec::new();
    for path in listed(&output)? {
        let path = path.as_str();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell command says.
    fn said(script: &str) -> Output {
        Command::new("sh").args(["-c", script]).output().unwrap()
    }

    #[test]
    fn a_git_that_fails_or_lists_nothing_is_an_error() {
        let paths = listed(&said("printf 'a/b.rs\\0c d.md\\0'")).unwrap();
        assert_eq!(paths, ["a/b.rs", "c d.md"]);
        let failed = listed(&said("printf 'a.rs\\0'; echo dubious ownership >&2; exit 128"));
        assert!(failed.unwrap_err().contains("dubious ownership"));
        assert!(listed(&said("true")).is_err());
    }
}
