//! Where and on what a figure was measured.

use serde::{Deserialize, Serialize};
use shaders::device::{AdapterKind, AdapterSummary};
use std::process::Command;

/// The machine and the state of the code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Processor as the system names it.
    pub processor: String,
    /// Instruction sets that matter here and are present.
    pub instruction_sets: Vec<String>,
    /// Cores that the process may use.
    pub cores: usize,
    /// Memory, GiB.
    pub memory_gib: f64,
    /// Operating system.
    pub system: String,
    /// Compiler.
    pub rustc: String,
    /// Commit of the code; ends in `+` when files differ from it.
    pub commit: String,
    /// UTC date.
    pub date: String,
    /// The command line that gave the figures.
    pub command: String,
    /// Devices that were measured; GPUs that are absent were not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Accelerator>,
}

/// A device that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accelerator {
    /// As its driver names it.
    pub name: String,
    /// GPU, or software on the processor.
    pub kind: String,
    /// Driver and its version.
    pub driver: String,
    /// Memory, GiB; absent when the driver does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<f64>,
}

impl Accelerator {
    /// What is known of an adapter.
    pub fn new(adapter: &AdapterSummary) -> Self {
        let gib = |bytes: u64| (bytes as f64 / GIB * 10.0).round() / 10.0;
        Self {
            name: adapter.name.clone(),
            kind: adapter.kind.name().to_owned(),
            driver: adapter.driver.clone(),
            memory_gib: adapter.memory_bytes.map(gib),
        }
    }

    fn is_gpu(&self) -> bool {
        self.kind == AdapterKind::Gpu.name()
    }
}

impl Environment {
    /// Reads it from this machine; what cannot be had is said to be unknown. Where there is no git
    /// or no compiler, `TANBA_COMMIT` and `TANBA_RUSTC` may tell.
    pub fn here() -> Self {
        let mut commit = output("git", &["rev-parse", "--short=12", "HEAD"]);
        // Without the lock that would stop another git at work here.
        let status = output("git", &["--no-optional-locks", "status", "--porcelain"]);
        if !matches!(status.as_str(), "" | UNKNOWN) {
            commit.push('+');
        }
        // A machine that has the program and nothing else is told what it was made of.
        let told = |found: String, name| match found.as_str() {
            UNKNOWN => std::env::var(name).unwrap_or(found),
            _ => found,
        };
        let commit = told(commit, "TANBA_COMMIT");
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        Self {
            processor: processor(&read("/proc/cpuinfo")),
            instruction_sets: instruction_sets().into_iter().map(str::to_owned).collect(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (memory_bytes("MemTotal") as f64 / GIB * 10.0).round() / 10.0,
            system: output("uname", &["-sr"]),
            rustc: told(output("rustc", &["--version"]), "TANBA_RUSTC"),
            commit,
            date: output("date", &["-u", "+%Y-%m-%d"]),
            command: format!("tanba-bench {}", arguments.join(" ")),
            devices: Vec::new(),
        }
    }

    /// A folder name for the records of this kind of machine.
    pub fn machine(&self) -> String {
        let maker = match std::env::consts::ARCH {
            "x86_64" if self.processor.contains("AMD") => "amd",
            "x86_64" => "x86",
            other => other,
        };
        let best = self.instruction_sets.first().map_or("plain", String::as_str);
        let mut name = format!("{}core-{maker}-{best}", self.cores);
        let gpus: Vec<&Accelerator> = self.devices.iter().filter(|one| one.is_gpu()).collect();
        if let Some(first) = gpus.first() {
            let lower = first.name.to_ascii_lowercase();
            let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
            name = format!("{name}-{}x-{}", gpus.len(), words.collect::<Vec<_>>().join("-"));
        }
        name
    }

    /// What differs from another environment and can change a speed, in words.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let of = |it: &Self| {
            let sets = it.instruction_sets.join(" ");
            let device = |one: &Accelerator| format!("{} ({})", one.name, one.driver);
            let devices: Vec<String> = it.devices.iter().map(device).collect();
            [
                ("processor", it.processor.clone()),
                ("instruction sets", sets),
                ("cores", it.cores.to_string()),
                ("system", it.system.clone()),
                ("rustc", it.rustc.clone()),
                ("devices", devices.join(", ")),
            ]
        };
        let pairs = of(self).into_iter().zip(of(other));
        let differing = pairs.filter(|((_, a), (_, b))| a != b);
        differing.map(|((name, a), (_, b))| format!("{name}: {a} / {b}")).collect()
    }
}

/// Bytes of memory that a process may still take without swapping, 0 when unknown.
pub fn memory_available_bytes() -> u64 {
    memory_bytes("MemAvailable")
}

/// Bytes of memory that this process holds, 0 when unknown.
pub fn resident_bytes() -> u64 {
    kib_of(&read("/proc/self/status"), "VmRSS") * 1024
}

const GIB: f64 = (1u64 << 30) as f64;

const UNKNOWN: &str = "unknown";

fn output(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_string()
        }
        _ => UNKNOWN.into(),
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The name of the first processor in `/proc/cpuinfo`, with family and model where they are given.
fn processor(info: &str) -> String {
    let value = |key: &str| {
        let pairs = info.lines().filter_map(|line| line.split_once(':'));
        let mut values = pairs.filter(|(name, _)| name.trim() == key);
        values.next().map(|(_, value)| value.trim().to_string())
    };
    let name = value("model name").unwrap_or_else(|| UNKNOWN.into());
    match (value("cpu family"), value("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

fn memory_bytes(key: &str) -> u64 {
    kib_of(&read("/proc/meminfo"), key) * 1024
}

/// The value of a line `key: value kB`, 0 when there is none.
fn kib_of(info: &str, key: &str) -> u64 {
    let value = info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(processor: &str, instruction_sets: &[&str]) -> Environment {
        Environment {
            processor: processor.into(),
            instruction_sets: instruction_sets.iter().map(ToString::to_string).collect(),
            cores: 8,
            memory_gib: 31.2,
            system: "Linux 6.1".into(),
            rustc: "rustc 1.92.0".into(),
            commit: "0123456789ab".into(),
            date: "2026-01-31".into(),
            command: "tanba-bench speed".into(),
            devices: Vec::new(),
        }
    }

    #[test]
    fn a_processor_is_named_by_its_first_core() {
        let info = "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 167\nmodel name\t: Xeon @ 3 GHz\n\
                    \nprocessor\t: 1\ncpu family\t: 7\nmodel\t\t: 1\nmodel name\t: Other\n";
        assert_eq!(processor(info), "Xeon @ 3 GHz (family 6, model 167)");
        assert_eq!(processor("model name : Cortex\n"), "Cortex");
        assert_eq!(processor("CPU implementer : 0x41\n"), "unknown");
    }

    #[test]
    fn memory_is_read_by_its_whole_key() {
        let info = "MemTotalX:  1 kB\nMemTotal:  24654828 kB\nMemAvailable: 512 kB\n";
        assert_eq!(kib_of(info, "MemTotal"), 24_654_828);
        assert_eq!(kib_of(info, "MemAvailable"), 512);
        assert_eq!(kib_of(info, "MemFree"), 0);
        assert_eq!(kib_of("MemFree: many kB\n", "MemFree"), 0);
    }

    #[test]
    fn a_machine_is_named_by_cores_maker_and_best_instruction_set() {
        let maker = |x86: &'static str| match std::env::consts::ARCH {
            "x86_64" => x86,
            other => other,
        };
        let machine = environment("Intel Xeon", &["avx512bw", "avx2"]).machine();
        assert_eq!(machine, format!("8core-{}-avx512bw", maker("x86")));
        let machine = environment("AMD EPYC", &[]).machine();
        assert_eq!(machine, format!("8core-{}-plain", maker("amd")));
    }

    #[test]
    fn what_can_change_a_speed_is_a_difference_and_the_rest_is_not() {
        let here = environment("Intel Xeon", &["avx2"]);
        let later = Environment {
            commit: "ba9876543210".into(),
            date: "2027-01-31".into(),
            command: "tanba-bench speed --seed 2".into(),
            ..here.clone()
        };
        assert!(here.differences(&later).is_empty());
        let elsewhere =
            Environment { rustc: "rustc 1.93.0".into(), ..environment("AMD EPYC", &["avx2"]) };
        assert_eq!(
            here.differences(&elsewhere),
            ["processor: Intel Xeon / AMD EPYC", "rustc: rustc 1.92.0 / rustc 1.93.0"]
        );
    }

    #[test]
    fn a_machine_is_named_by_its_gpus_too_and_not_by_software() {
        let device = |name: &str, kind: AdapterKind| Accelerator {
            name: name.into(),
            kind: kind.name().into(),
            driver: "driver 1".into(),
            memory_gib: Some(80.0),
        };
        let bare = environment("Intel", &["avx2"]);
        let software = device("llvmpipe (LLVM 15)", AdapterKind::Software);
        let with = |devices: Vec<Accelerator>| Environment { devices, ..bare.clone() };
        assert_eq!(with(vec![software.clone()]).machine(), bare.machine());
        let card = device("NVIDIA H200 (PCIe)", AdapterKind::Gpu);
        let two = with(vec![card.clone(), card, software]);
        assert_eq!(two.machine(), format!("{}-2x-nvidia-h200-pcie", bare.machine()));
        assert_eq!(bare.differences(&two).len(), 1);
        let text = serde_json::to_string(&two).unwrap();
        assert_eq!(serde_json::from_str::<Environment>(&text).unwrap(), two);
    }
}
