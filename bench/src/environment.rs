//! Where and on what a figure was measured.

use serde::Serialize;
use std::process::Command;

/// The machine and the state of the code.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Environment {
    /// Processor as the system names it.
    pub(crate) processor: String,
    /// Instruction sets that matter here and are present.
    pub(crate) instruction_sets: Vec<&'static str>,
    /// Cores that the process may use.
    pub(crate) cores: usize,
    /// Memory, GiB.
    pub(crate) memory_gib: f64,
    /// Operating system.
    pub(crate) system: String,
    /// Compiler.
    pub(crate) rustc: String,
    /// Commit of the code; ends in `+` when files differ from it.
    pub(crate) commit: String,
    /// UTC date.
    pub(crate) date: String,
    /// The command line that gave the figures.
    pub(crate) command: String,
}

impl Environment {
    /// Reads it from this machine; what cannot be had is said to be unknown.
    pub(crate) fn here() -> Self {
        let mut commit = output("git", &["rev-parse", "--short=12", "HEAD"]);
        if !matches!(output("git", &["status", "--porcelain"]).as_str(), "" | UNKNOWN) {
            commit.push('+');
        }
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        Self {
            processor: processor(),
            instruction_sets: instruction_sets(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: memory_gib(),
            system: output("uname", &["-sr"]),
            rustc: output("rustc", &["--version"]),
            commit,
            date: output("date", &["-u", "+%Y-%m-%d"]),
            command: format!("tanba-bench {}", arguments.join(" ")),
        }
    }

    /// A folder name for the records of this kind of machine.
    pub(crate) fn machine(&self) -> String {
        let vendor = if self.processor.contains("AMD") { "amd" } else { "x86" };
        let best = self.instruction_sets.first().copied().unwrap_or("plain");
        format!("{}core-{vendor}-{best}", self.cores)
    }
}

const UNKNOWN: &str = "unknown";

fn output(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_string()
        }
        _ => UNKNOWN.into(),
    }
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let name = value("model name").unwrap_or_else(|| UNKNOWN.into());
    match (value("cpu family"), value("model\t")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

fn memory_gib() -> f64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = info.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<f64>().ok()
    });
    (kib.unwrap_or(0.0) / 1024.0 / 1024.0 * 10.0).round() / 10.0
}

#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> Vec<&'static str> {
    let mut found = Vec::new();
    if is_x86_feature_detected!("avx512vpopcntdq") {
        found.push("avx512vpopcntdq");
    }
    if is_x86_feature_detected!("avx512bitalg") {
        found.push("avx512bitalg");
    }
    if is_x86_feature_detected!("avx512bw") {
        found.push("avx512bw");
    }
    if is_x86_feature_detected!("avx2") {
        found.push("avx2");
    }
    found
}

#[cfg(not(target_arch = "x86_64"))]
fn instruction_sets() -> Vec<&'static str> {
    Vec::new()
}
