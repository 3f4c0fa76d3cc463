//! The commands that answer questions, as a person meets them: the real program on synthetic
//! prints.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod bad_files;
mod demo;
mod devices;
mod evaluate;
mod help;
mod identify;
mod inspect;
mod support;
mod verify;
