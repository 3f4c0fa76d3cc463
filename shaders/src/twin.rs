//! Twins of the kernels on the processor.

pub mod stage1;
