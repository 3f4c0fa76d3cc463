//! The registry on this machine: its engine and its demonstration.

pub(crate) mod demo;
mod engine;

pub(crate) use engine::engine;
