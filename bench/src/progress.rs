//! Progress on the error stream.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `length` steps; indicatif hides it when the error stream is no terminal.
pub(crate) fn bar(what: &str, length: usize) -> ProgressBar {
    let style = "{msg:32} {bar:30} {pos}/{len} {per_sec} {eta} left";
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(length as u64).with_style(style);
    bar.set_message(what.to_string());
    bar
}
