//! `cargo xtask demo`: from a fresh clone to a ranked candidate list.

use crate::{process, system_packages};

/// Sets up, builds and runs `tanba demo` with the arguments given.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    process::step("system packages", system_packages::install_for_build)?;
    process::step("build (RocksDB takes most of the first one)", || {
        process::run("cargo", &["build", "--release", "--locked", "--package", "cli"])
    })?;
    let binary = process::repository().join(target_folder()).join("release/tanba");
    let binary = binary.to_str().ok_or("the path of the repository is not valid UTF-8")?;
    let mut words = vec!["demo"];
    words.extend(arguments.iter().map(String::as_str));
    process::run(binary, &words)
}

/// Where cargo puts what it builds.
fn target_folder() -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), Into::into)
}
