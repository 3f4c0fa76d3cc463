//! `cargo xtask requirements`: which test proves which requirement of the registration rules.
//!
//! A comment `Proves .` above a test says so where the test stands.

use crate::process::repository;
use crate::tidy::{SourceFile, files};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Number, kind and clause of every requirement, and why those without a test are open.
const LIST: &str = "docs/requirements.list";
/// What is made of it.
const PAGE: &str = "docs/requirements.md";

/// A line of the list.
struct Requirement<'a> {
    number: &'a str,
    kind: &'a str,
    clause: &'a str,
    /// Why no test proves it.
    open: Option<&'a str>,
}

/// Tests by the number that they prove, as `path: name`.
type Proofs = BTreeMap<String, BTreeSet<String>>;

/// Writes the page.
///
/// # Errors
/// When a requirement has neither test nor reason, or both, or a test proves an unknown number.
pub(crate) fn write() -> Result<(), String> {
    let page = page(&files()?)?;
    std::fs::write(repository().join(PAGE), page).map_err(|e| format!("{PAGE}: {e}"))
}

/// Checks that the page is that of the tests.
///
/// # Errors
/// As [`write`], and when the page is another.
pub(crate) fn check() -> Result<(), String> {
    let files = files()?;
    let made = page(&files)?;
    if files.iter().any(|file| file.path == PAGE && file.text == made) {
        return Ok(());
    }
    Err(format!("{PAGE} is not that of the tests: run `cargo xtask requirements` and commit it"))
}

fn page(files: &[SourceFile]) -> Result<String, String> {
    let list = files.iter().find(|file| file.path == LIST).ok_or(format!("{LIST} is missing"))?;
    let requirements = requirements(&list.text)?;
    let mut proofs = Proofs::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        collect(file, &mut proofs);
    }
    let known: BTreeSet<&str> = requirements.iter().map(|r| r.number).collect();
    if let Some(number) = proofs.keys().find(|number| !known.contains(number.as_str())) {
        let by = proofs[number].iter().next().map_or("", String::as_str);
        return Err(format!("{by} proves {number}, which {LIST} does not have"));
    }
    let proven = requirements.iter().filter(|r| proofs.contains_key(r.number)).count();
    let mut page = format!(
        "# Requirements of the registration rules and their tests\n\n\
         Made by `cargo xtask requirements` of `{LIST}` and of the tests; do not edit.\n\n\
         {proven} of {} have a test.\n\n\
         | number | kind | clause | tests, or why open |\n|---|---|---|---|\n",
        requirements.len()
    );
    for requirement in &requirements {
        line(&mut page, requirement, proofs.get(requirement.number))?;
    }
    Ok(page)
}

fn line(
    page: &mut String,
    requirement: &Requirement<'_>,
    tests: Option<&BTreeSet<String>>,
) -> Result<(), String> {
    let Requirement { number, kind, clause, open } = requirement;
    let last = match (tests, open) {
        (Some(tests), None) => tests.iter().cloned().collect::<Vec<_>>().join("<br>"),
        (None, Some(why)) => format!("**open**: {why}"),
        (None, None) => {
            return Err(format!(
                "{number} has no test: write one, or say in {LIST} why it is open"
            ));
        }
        (Some(_), Some(_)) => {
            return Err(format!("{number} has a test: take the reason out of {LIST}"));
        }
    };
    writeln!(page, "| {number} | {kind} | {clause} | {last} |").map_err(|e| e.to_string())
}

fn requirements(list: &str) -> Result<Vec<Requirement<'_>>, String> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let parse = |line| {
        let mut parts = str::split(line, " | ");
        let mut next = || parts.next().ok_or(format!("{LIST}: `{line}` has too few parts"));
        let (number, kind, clause) = (next()?, next()?, next()?);
        Ok(Requirement { number, kind, clause, open: parts.next() })
    };
    lines.map(parse).collect()
}

/// Finds the comments of a file and the tests below them.
fn collect(file: &SourceFile, proofs: &mut Proofs) {
    let mut numbers: Vec<&str> = Vec::new();
    let mut is_open = false;
    for line in file.text.lines().map(str::trim) {
        let comment = line.strip_prefix("//").map(str::trim);
        match comment {
            Some(text) if is_open || text.starts_with("Proves R-") => {
                numbers.extend(text.split([' ', ',', '.', ':']).filter(|word| is_number(word)));
                is_open = !text.ends_with('.');
            }
            _ => is_open = false,
        }
        let name = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next());
        if let Some(name) = name {
            for number in numbers.drain(..) {
                let test = format!("`{}`: {}", file.path, name.replace('_', " "));
                proofs.entry(number.to_owned()).or_default().insert(test);
            }
        }
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix("R-").unwrap_or_default();
    digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(list: &str, test: &str) -> Result<String, String> {
        let file = |path: &str, text: &str| SourceFile {
            path: path.into(),
            text: text.into(),
            binary: false,
        };
        page(&[file(LIST, list), file("a/tests/b.rs", test)])
    }

    const TEST: &str = "// Proves R-001,\n// R-003.\n#[test]\nfn it_holds() {}\n\nfn other() {}\n";

    #[test]
    fn a_requirement_names_its_tests_or_why_it_is_open() {
        let list = "# head\nR-001 | W | 5(1)\nR-002 | I | 6 | no palms\nR-003 | W | 7\n";
        let page = made(list, TEST).unwrap();
        assert!(page.contains("2 of 3 have a test."));
        assert!(page.contains("| R-001 | W | 5(1) | `a/tests/b.rs`: it holds |\n"));
        assert!(page.contains("| R-002 | I | 6 | **open**: no palms |\n"));
        assert!(page.contains("| R-003 | W | 7 | `a/tests/b.rs`: it holds |\n"));
        assert!(!page.contains("other"));
    }

    #[test]
    fn neither_both_and_unknown_are_errors() {
        let all = "R-001 | W | 5\nR-003 | W | 7";
        assert!(made(&format!("{all}\nR-002 | W | 6"), TEST).unwrap_err().contains("R-002 has no"));
        let both = "R-001 | W | 5 | later\nR-003 | W | 7";
        assert!(made(both, TEST).unwrap_err().contains("R-001 has a test"));
        assert!(made("R-001 | W | 5", TEST).unwrap_err().contains("proves R-003"));
        assert!(made("R-001 | W", TEST).unwrap_err().contains("too few"));
    }
}
