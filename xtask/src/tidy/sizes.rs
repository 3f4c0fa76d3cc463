//! Lines, functions, files and crates stay small enough to read.

use super::source::{code_only, functions, lines_without_tests};
use super::{Finding, SourceFile};
use std::collections::BTreeMap;

const LINE_COLUMNS: usize = 100;
const FUNCTION_LINES: usize = 70;
const KERNEL_LINES: usize = 150;
const FILE_LINES: usize = 800;
const ROOT_FILE_LINES: usize = 100;
const CRATE_LINES: usize = 9000;

/// All size checks over the Rust files.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let rust = || files.iter().filter(|file| file.path.ends_with(".rs"));
    let mut findings: Vec<Finding> = rust().flat_map(check_file).collect();
    let mut crates: BTreeMap<&str, usize> = BTreeMap::new();
    for file in rust() {
        if let Some((folder, _)) = file.path.split_once("/src/") {
            *crates.entry(folder).or_default() += lines_without_tests(&file.text);
        }
    }
    for (folder, lines) in crates {
        if lines > CRATE_LINES {
            let message = format!("the crate has {lines} lines, the limit is {CRATE_LINES}");
            findings.push(Finding::new(folder, 0, message));
        }
    }
    findings
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > LINE_COLUMNS {
            let message = format!("{columns} columns, the limit is {LINE_COLUMNS}");
            findings.push(Finding::new(&file.path, index + 1, message));
        }
    }
    let is_root = file.path.ends_with("/lib.rs") || file.path.ends_with("/main.rs");
    let limit = if is_root { ROOT_FILE_LINES } else { FILE_LINES };
    let lines = lines_without_tests(&file.text);
    if lines > limit {
        let message = format!("{lines} lines without tests, the limit is {limit}");
        findings.push(Finding::new(&file.path, 0, message));
    }
    findings.extend(check_functions(file));
    findings
}

fn check_functions(file: &SourceFile) -> Vec<Finding> {
    let is_kernel = file.path.starts_with("shaders/src/twin/");
    let limit = if is_kernel { KERNEL_LINES } else { FUNCTION_LINES };
    let long = functions(&code_only(&file.text)).into_iter().filter(|f| f.lines > limit);
    let message = |f: &super::source::Function| {
        format!("function `{}` has {} lines, the limit is {limit}", f.name, f.lines)
    };
    long.map(|f| Finding::new(&file.path, f.line, message(&f))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile { path: path.into(), text: text.into(), binary: false };
        check(&[file]).into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn a_long_function_is_found_and_a_long_kernel_is_not() {
        let body = format!("fn a() {{\n{}}}\n", "    b();\n".repeat(69));
        assert_eq!(findings("x/src/a.rs", &body).len(), 1);
        assert!(findings("shaders/src/twin/a.rs", &body).is_empty());
    }

    #[test]
    fn a_crate_may_have_9000_lines_over_all_its_files_and_no_more() {
        let crate_of = |lines: usize| {
            let file = |name: &str, lines: usize| SourceFile {
                path: format!("crates/x/src/{name}.rs"),
                text: "a;\n".repeat(lines),
                binary: false,
            };
            let rest = lines - 12 * 700;
            let mut files: Vec<_> = (0..12).map(|n| file(&format!("f{n}"), 700)).collect();
            files.push(file("rest", rest));
            check(&files)
        };
        assert!(crate_of(9000).is_empty());
        let over = crate_of(9001);
        assert_eq!((over.len(), over[0].path.as_str()), (1, "crates/x"));
    }

    #[test]
    fn a_finding_names_its_line() {
        let text = format!("a;\n//{}\nfn b() {{\n{}}}\n", "x".repeat(99), "c();\n".repeat(69));
        let file = SourceFile { path: "x/src/a.rs".into(), text, binary: false };
        assert_eq!(check(&[file]).iter().map(|f| f.line).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_line_of_101_columns_is_found() {
        assert!(findings("x/src/a.rs", &format!("//{}\n", "ә".repeat(98))).is_empty());
        assert_eq!(findings("x/src/a.rs", &format!("//{}\n", "ә".repeat(99))).len(), 1);
    }

    #[test]
    fn tests_do_not_count_against_a_file() {
        let text = format!("{}#[cfg(test)]\n{}", "a;\n".repeat(100), "b;\n".repeat(900));
        assert!(findings("x/src/lib.rs", &text).is_empty());
        assert_eq!(findings("x/src/lib.rs", &format!("a;\n{text}")).len(), 1);
    }
}
