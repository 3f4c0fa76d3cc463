//! Set-up, checks and the demonstration; standard library only.
fn main() {}
