//! Writes the five forms, filled with made-up people, into a folder:
//!
//! ```text
//! cargo run --release -p forms --example five_forms -- /tmp/forms
//! pdftoppm -r 100 -png /tmp/forms/1-1.pdf /tmp/forms/1-1
//! ```

#![allow(clippy::unwrap_used, reason = "the values are known to be valid")]

#[path = "../tests/printing/samples.rs"]
mod samples;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    for form in samples::all() {
        let pdf = form.print(&samples::case(), samples::printed_at())?;
        std::fs::write(folder.join(format!("{}.pdf", form.code().number())), pdf)?;
    }
    Ok(())
}
