//! Twins of the kernels on the processor.

pub mod digest;
pub mod ranking;
pub mod stage1;
