//! Figures with the environment that they were measured in, as files that are committed.

use crate::environment::Environment;
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The figures of one run of one benchmark.
#[derive(Serialize)]
pub struct Record<'a, T> {
    /// Which benchmark.
    pub bench: &'a str,
    /// Where and on what.
    pub environment: &'a Environment,
    /// What one must know to read the figures, such as what was left out and why.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub notes: &'a [String],
    /// What was measured.
    pub figures: &'a T,
}

impl<T: Serialize> Record<'_, T> {
    /// The text of the file.
    ///
    /// # Errors
    /// Figures that are no JSON.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Writes `<folder>/<machine>/<date>-<bench>.json` and returns its path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let folder = folder.join(self.environment.machine());
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let path = folder.join(format!("{}-{}.json", self.environment.date, self.bench));
        std::fs::write(&path, self.to_json()?).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}

/// Writes a record without notes; see [`Record::write`].
///
/// # Errors
/// When the file cannot be written.
pub fn write<T: Serialize>(
    folder: &Path,
    bench: &str,
    environment: &Environment,
    figures: &T,
) -> Result<PathBuf> {
    Record { bench, environment, notes: &[], figures }.write(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_record_lies_in_the_folder_of_its_machine_and_says_its_bench() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment { date: "2026-02-03".into(), ..Environment::here() };
        let path = write(folder.path(), "speed", &environment, &json!([1.5])).unwrap();
        let name = format!("{}/2026-02-03-speed.json", environment.machine());
        assert_eq!(path, folder.path().join(name));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.ends_with("}\n"));
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&read["bench"], &read["figures"]), (&json!("speed"), &json!([1.5])));
        assert_eq!(read["environment"]["date"], "2026-02-03");
        assert!(read.get("notes").is_none(), "no notes were given");
    }

    #[test]
    fn a_record_that_cannot_be_written_names_the_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = write(file.path(), "speed", &Environment::here(), &json!([])).unwrap_err();
        assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    }
}
