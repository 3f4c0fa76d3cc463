//! tanba-bench: accuracy and speed, with checked answers and recorded environments.
fn main() {}
