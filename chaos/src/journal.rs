//! What happened in a run, one JSON line each, kept for those who look for the cause.

use anyhow::Context;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// See the module.
pub(crate) struct Journal {
    started: Instant,
    path: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        Ok(Self { started: Instant::now(), path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Microseconds since the start of the run.
    pub(crate) fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line.
    pub(crate) fn write(&self, kind: &str, what: &Value) {
        let line = json!({ "us": self.now_us(), "kind": kind, "what": what });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A disk that is full here must not end the run; what matters is told at its end, too.
        let _ = writeln!(file, "{line}");
    }
}
