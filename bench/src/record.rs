//! Figures with the environment that they were measured in, as files that are committed.

use crate::environment::Environment;
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Record<'a, T> {
    environment: &'a Environment,
    figures: &'a T,
}

/// Writes `<folder>/<machine>/<date>-<name>.json` and returns its path.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write<T: Serialize>(
    folder: &Path,
    name: &str,
    environment: &Environment,
    figures: &T,
) -> Result<PathBuf> {
    let folder = folder.join(environment.machine());
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let path = folder.join(format!("{}-{name}.json", environment.date));
    let mut text = serde_json::to_string_pretty(&Record { environment, figures })?;
    text.push('\n');
    std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    Ok(path)
}
