//! tanba: enroll, identify, verify, inspect and evaluate fingerprints.
fn main() {}
