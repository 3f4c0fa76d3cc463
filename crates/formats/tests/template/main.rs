//! What the template formats promise.

#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod encounter;
mod golden;
mod hostile;
mod prints;
mod real;
mod round_trip;
