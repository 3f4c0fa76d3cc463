//! Who may depend on whom, and who may touch the world.

use super::source::code_only;
use super::{Finding, SourceFile};

/// Every crate of the workspace with those of its crates that it may depend on; `vocabulary` is
/// open to all and not listed.
const MAY_DEPEND: &[(&str, &[&str])] = &[
    ("vocabulary", &[]),
    ("formats", &[]),
    ("extraction", &[]),
    ("synthesis", &[]),
    ("evaluation", &[]),
    ("charts", &[]),
    ("drawing", &["charts", "formats"]),
    ("forms", &[]),
    ("matching", &[]),
    ("registry", &[]),
    ("office", &["registry", "forms"]),
    ("rehearsal", &["office", "registry", "formats", "synthesis", "terminal"]),
    ("replication", &[]),
    ("coordinator", &["replication"]),
    ("proto", &["coordinator", "replication"]),
    ("transport", &["proto", "coordinator", "replication"]),
    ("terminal", &[]),
    ("operation", &["transport", "proto", "coordinator", "replication", "node", "terminal"]),
    ("simulation", &["coordinator", "replication"]),
    ("shaders", &["matching"]),
    ("search", &["shaders", "matching"]),
    ("node", &["search", "matching", "extraction", "formats", "replication"]),
    (
        "cli",
        &[
            "node",
            "coordinator",
            "office",
            "rehearsal",
            "registry",
            "proto",
            "replication",
            "transport",
            "operation",
            "terminal",
            "search",
            "shaders",
            "matching",
            "extraction",
            "formats",
            "synthesis",
            "evaluation",
            "charts",
            "drawing",
        ],
    ),
    (
        "bench",
        &[
            "coordinator",
            "operation",
            "proto",
            "replication",
            "transport",
            "node",
            "search",
            "shaders",
            "matching",
            "extraction",
            "formats",
            "synthesis",
            "evaluation",
            "charts",
        ],
    ),
    (
        "chaos",
        &[
            "bench",
            "coordinator",
            "formats",
            "operation",
            "proto",
            "replication",
            "synthesis",
            "terminal",
            "transport",
        ],
    ),
    ("xtask", &[]),
];

/// A library that only some folders may name.
const CONFINED: &[(&str, &[&str])] = &[
    ("wgpu", &["shaders/"]),
    (
        "tokio",
        &[
            "transport/",
            "operation/",
            "office/",
            "rehearsal/",
            "node/",
            "coordinator/",
            "crates/cli/",
            "bench/",
            "chaos/",
        ],
    ),
    ("rocksdb", &["node/"]),
    // The wire encoding of today; the library that raft links has another name.
    ("prost", &["proto/", "fuzz/"]),
    // The library alone; the folder named after it wraps it.
    ("eraftpb", &["coordinator/src/raft/"]),
    ("unsafe", &["shaders/"]),
];

/// What a pure crate must not name: files, clocks, environment, network, processes, chance.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::time",
    "std::env",
    "std::net",
    "std::process",
    "std::io::stdin",
    "std::thread",
    "rand::rng",
];

/// All layer checks.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if file.path.ends_with("Cargo.toml") && !file.path.starts_with("fuzz/") {
            findings.extend(check_manifest(file));
        }
        if file.path.ends_with(".rs") {
            findings.extend(check_source(file));
        }
    }
    findings
}

/// The crate a path belongs to.
fn crate_of(path: &str) -> &str {
    let path = path.strip_prefix("crates/").unwrap_or(path);
    path.split('/').next().unwrap_or_default()
}

fn check_manifest(file: &SourceFile) -> Vec<Finding> {
    let name = crate_of(&file.path);
    if name == "Cargo.toml" {
        return Vec::new();
    }
    let Some((_, allowed)) = MAY_DEPEND.iter().find(|(listed, _)| *listed == name) else {
        return vec![Finding::new(&file.path, 0, "a crate that tidy's list of layers lacks")];
    };
    // Tests may use any crate that does not make a cycle, which cargo itself refuses.
    let mut in_dependencies = false;
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if line.starts_with('[') {
            // Also those of one platform: `[target.'cfg(unix)'.dependencies]`.
            let table = line.trim_end().trim_matches(['[', ']']);
            in_dependencies = table == "dependencies" || table.ends_with(".dependencies");
        }
        let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
        let ours = MAY_DEPEND.iter().any(|(listed, _)| *listed == dependency);
        let open = dependency == "vocabulary" || allowed.contains(&dependency);
        if in_dependencies && ours && !open {
            let message = format!("{name} must not depend on {dependency}");
            findings.push(Finding::new(&file.path, index + 1, message));
        }
    }
    findings
}

fn check_source(file: &SourceFile) -> Vec<Finding> {
    let pure = file.path.starts_with("crates/")
        && file.path.contains("/src/")
        && !file.path.starts_with("crates/cli/");
    let code = code_only(&file.text);
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let named = |word: &str| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
        };
        for (word, folders) in CONFINED.iter().copied() {
            if named(word) && !folders.iter().any(|folder| file.path.starts_with(folder)) {
                let message = format!("only {} may name `{word}`", folders.join(", "));
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    if pure {
        findings.extend(impurities(&code).into_iter().map(|(line, word)| {
            let message = format!("a pure crate must take this as an argument: `{word}`");
            Finding::new(&file.path, line, message)
        }));
    }
    findings
}

/// Where code names what a pure crate must not, with the line; in groups, too: `use std::{env,
/// fs};`.
fn impurities(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for word in IMPURE {
        let (root, rest) = word.split_once("::").unwrap_or((word, ""));
        let plain = code.match_indices(word).map(|(at, _)| at);
        let group = format!("{root}::{{");
        let grouped = code.match_indices(&group).flat_map(|(at, _)| {
            let inner = &code[at + group.len()..];
            members(inner).filter(|name| name.starts_with(rest)).map(move |_| at)
        });
        found.extend(plain.chain(grouped).map(|at| (code[..at].matches('\n').count() + 1, word)));
    }
    found
}

/// The paths of a group, from behind its opening brace; what stands in inner braces is left out.
fn members(inner: &str) -> impl Iterator<Item = &str> {
    let mut depth = 1;
    let end = inner.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    inner[..end.unwrap_or(inner.len())].split([',', '{', '}']).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[SourceFile { path: path.into(), text: text.into(), binary: false }]).len()
    }

    #[test]
    fn a_dependency_against_the_layers_is_found() {
        let manifest = "[dependencies]\nvocabulary.workspace = true\nnode.workspace = true\n";
        assert_eq!(findings("crates/search/Cargo.toml", manifest), 1);
        assert_eq!(findings("crates/cli/Cargo.toml", manifest), 0);
        assert_eq!(findings("crates/novel/Cargo.toml", ""), 1);
        let platform = "[target.'cfg(unix)'.dependencies]\nnode = { path = \"../../node\" }\n";
        assert_eq!(findings("crates/search/Cargo.toml", platform), 1);
        let tests = "[dev-dependencies]\nnode.workspace = true\n";
        assert_eq!(findings("crates/search/Cargo.toml", tests), 0);
        assert_eq!(findings("fuzz/Cargo.toml", manifest), 0);
    }

    #[test]
    fn a_finding_names_its_line() {
        let line = |path: &str, text: &str| {
            let file = SourceFile { path: path.into(), text: text.into(), binary: false };
            check(&[file])[0].line
        };
        assert_eq!(line("crates/search/Cargo.toml", "\n[dependencies]\nnode = 1\n"), 3);
        assert_eq!(line("node/src/a.rs", "fn a() {\n    unsafe { x() }\n}\n"), 2);
        assert_eq!(line("crates/formats/src/a.rs", "use std::env;\n"), 1);
    }

    #[test]
    fn a_pure_crate_that_reads_a_file_is_found() {
        let code = "fn a() { std::fs::read(\"x\"); }\n";
        assert_eq!(findings("crates/formats/src/a.rs", code), 1);
        assert_eq!(findings("crates/formats/src/a.rs", "use std::{fmt, fs};\n"), 1);
        assert_eq!(
            findings("crates/formats/src/a.rs", "use std::{\n    fmt,\n    env::var,\n};\n"),
            1
        );
        assert_eq!(findings("crates/formats/src/a.rs", "use std::{fmt, io};\nfn fs() {}\n"), 0);
        assert_eq!(findings("crates/formats/tests/a.rs", code), 0);
        assert_eq!(findings("crates/cli/src/a.rs", code), 0);
    }

    #[test]
    fn unsafe_code_outside_the_kernels_is_found() {
        assert_eq!(findings("node/src/a.rs", "unsafe { x() }\n"), 1);
        assert_eq!(findings("shaders/src/a.rs", "unsafe { x() }\n"), 0);
        assert_eq!(findings("node/src/a.rs", "// unsafe\n"), 0);
    }
}
