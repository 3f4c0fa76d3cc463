//! Packages of the operating system that the build needs.

use crate::process;
use std::io::IsTerminal;
use std::process::{Command, Stdio};

/// A Debian package and why it is needed.
struct Package {
    name: &'static str,
    why: &'static str,
}

/// Everything beyond Rust and git. Nothing here is needed to run the finished binary.
const BUILD_PACKAGES: [Package; 4] = [
    Package { name: "clang", why: "compiles RocksDB, which keeps the references" },
    Package { name: "libclang-dev", why: "reads RocksDB's headers to bind them" },
    Package { name: "protobuf-compiler", why: "generates the message types inside raft-rs" },
    Package { name: "g++", why: "brings the C++ standard library that RocksDB links" },
];

/// What only the tests need: a GPU of software, so that every kernel runs on any machine.
const TEST_PACKAGES: [Package; 2] = [
    Package { name: "libvulkan1", why: "finds Vulkan drivers, for the tests of the GPU kernels" },
    Package { name: "mesa-vulkan-drivers", why: "is a Vulkan device in software, for the same" },
];

/// Installs what the build needs and is missing; prints which package and why. Asks nothing without
/// a terminal.
///
/// # Errors
/// When packages are missing and cannot be installed, with the command that a person can run.
pub(crate) fn install_for_build() -> Result<(), String> {
    if !process::is_installed("dpkg-query") {
        return require_tools_elsewhere();
    }
    install_missing(&BUILD_PACKAGES)
}

/// Installs what the tests need besides. Elsewhere than on Debian and Ubuntu the tests of the
/// kernels use whatever Vulkan device there is, and report that they were skipped when there is
/// none.
///
/// # Errors
/// As [`install_for_build`].
pub(crate) fn install_for_tests() -> Result<(), String> {
    install_for_build()?;
    if !process::is_installed("dpkg-query") {
        return Ok(());
    }
    install_missing(&TEST_PACKAGES)
}

fn install_missing(packages: &[Package]) -> Result<(), String> {
    let missing: Vec<&Package> =
        packages.iter().filter(|p| !is_package_installed(p.name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for package in &missing {
        eprintln!("missing system package {}: {}", package.name, package.why);
    }
    let names: Vec<&str> = missing.iter().map(|p| p.name).collect();
    let by_hand = format!("apt-get install {}", names.join(" "));
    let prefix = privilege().map_err(|why| format!("{why}; run this as root: {by_hand}"))?;
    apt(&prefix, &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&names);
    apt(&prefix, &arguments)
}

/// Other systems: the same tools under other names.
fn require_tools_elsewhere() -> Result<(), String> {
    if process::is_installed("clang++") && process::is_installed("protoc") {
        return Ok(());
    }
    Err("this is no Debian or Ubuntu, so nothing was installed: install clang with its C++ \
         standard library, libclang (headers and shared library) and protoc by your system's means"
        .into())
}

fn is_package_installed(name: &str) -> bool {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f=${Status}", name])
        .stderr(Stdio::null())
        .output();
    output.is_ok_and(|o| o.stdout.starts_with(b"install ok installed"))
}

/// The words to put before apt-get: none for root, else sudo.
fn privilege() -> Result<Vec<&'static str>, String> {
    let id = Command::new("id").arg("-u").output().map_err(|error| format!("id: {error}"))?;
    if id.stdout.trim_ascii() == b"0" {
        return Ok(Vec::new());
    }
    if !process::is_installed("sudo") {
        return Err("packages are missing and there is neither root nor sudo".into());
    }
    Ok(if std::io::stdin().is_terminal() { vec!["sudo"] } else { vec!["sudo", "-n"] })
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Result<(), String> {
    let mut words = prefix.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(arguments);
    let (program, rest) = words.split_first().ok_or("no command")?;
    process::run(program, rest)
}
