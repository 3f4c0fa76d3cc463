//! Prints forms and reads them back: captions, values, cells, the QR code, the archive format.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod arbitrary;
mod archive;
mod captions;
mod limits;
mod reader;
mod samples;
mod seal;
mod values;
mod variants;

fn print(form: &forms::Form) -> Vec<u8> {
    form.print(&samples::case(), samples::printed_at()).expect("a form that fits")
}
