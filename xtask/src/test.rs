//! `cargo xtask test`: every check, in the order in which failures are cheapest.

use crate::{process, requirements, system_packages, tidy};
use process::step;

/// Installed into the target folder, so that a kept target folder keeps it.
const DENY_VERSION: &str = "0.20.2";

/// Runs every check; stops at the first that fails.
pub(crate) fn run() -> Result<(), String> {
    step("system packages", system_packages::install_for_tests)?;
    step("format", || run_cargo(&["fmt", "--all", "--check"]))?;
    step("tidy", tidy::run)?;
    step("requirements", requirements::check)?;
    // All targets' packages, once: the licence check looks at them without the network.
    step("fetch dependencies", || run_cargo(&["fetch", "--locked"]))?;
    step("clippy", || {
        let common = ["clippy", "--release", "--locked", "--workspace", "--all-targets", "--"];
        run_cargo(&[&common[..], &["-D", "warnings"]].concat())
    })?;
    step("licences and sources", licences)?;
    step("unit, property, golden and integration tests, doc tests", || {
        run_cargo(&["test", "--release", "--locked", "--workspace", "--no-fail-fast"])
    })
}

fn run_cargo(arguments: &[&str]) -> Result<(), String> {
    process::run("cargo", arguments)
}

/// Licences, duplicate bans and sources from the lock file; advisories where their database can be
/// reached, and a plain word where it cannot.
fn licences() -> Result<(), String> {
    let root = process::repository().join("target/tools");
    let binary = root.join("bin/cargo-deny");
    if !binary.is_file() {
        let root = root.to_string_lossy();
        let version = ["--version", DENY_VERSION, "--root", &root, "--quiet"];
        run_cargo(&[&["install", "--locked", "cargo-deny", "--debug"][..], &version].concat())?;
    }
    let binary = binary.to_string_lossy();
    process::run(
        &binary,
        &["--offline", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"],
    )?;
    if process::run(&binary, &["check", "--hide-inclusion-graph", "advisories"]).is_err() {
        if process::run(&binary, &["fetch", "db"]).is_ok() {
            return Err("a dependency has an advisory: see above".into());
        }
        eprintln!("advisories: NOT CHECKED, their database cannot be reached from this machine");
    }
    Ok(())
}
