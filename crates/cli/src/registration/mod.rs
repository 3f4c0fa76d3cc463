//! The registry on this machine: its folder, its engine, its demonstration.

pub(crate) mod demo;
mod desk;
mod engine;

pub(crate) use desk::Desk;
