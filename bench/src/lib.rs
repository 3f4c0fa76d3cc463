//! What records of measurements have in common, for whoever writes one.

pub mod environment;
pub mod record;
