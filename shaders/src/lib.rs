//! Stage-1 kernels and their bit-identical processor twins.
