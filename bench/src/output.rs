//! Data to the standard output; everything else goes to the error stream.

use clap::ValueEnum;
use std::io::{self, Write};

/// How figures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned text for people, line by line as figures come.
    Table,
    /// One JSON document for programs, at the end.
    Json,
}

/// Writes to the standard output. A reader that went away, such as `head`, is no error.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
