//! The register on synthetic fingers, as an officer would use it: the demonstration, then the
//! commands over what it left.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn tanba(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tanba")).args(arguments).output().unwrap()
}

fn registry(data: &Path, arguments: &[&str]) -> Output {
    let data = data.to_str().unwrap();
    tanba(&[&["registry"], arguments, &["--data", data, "--format", "json"]].concat())
}

fn answer(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stands(data: &Path, kind: &str, id: &str) -> String {
    let list = answer(&registry(data, &["list"]));
    let found = list.as_array().unwrap().iter().find(|l| l["kind"] == kind && l["id"] == id);
    found.unwrap()["state"].as_str().unwrap().to_owned()
}

/// A command of a migration officer, who opens a case.
fn opening(id: &str, case: &str, role: &str) -> Value {
    json!({
        "id": id,
        "expected": null,
        "actor": {
            "account": "migration-9",
            "role": role,
            "body": { "id": "unit-9", "kind": "internal_affairs", "name": "Басқарма",
                      "utc_offset_minutes": 300 },
            "name": { "surname": "Қасымов", "given_name": "Ерлан", "patronymic": null },
            "position": "инспектор",
            "rank": null,
            "station": null
        },
        "now": "2026-12-02T05:00:00Z",
        "command": { "open_case": {
            "case": case, "person": "person-9", "category": "C5",
            "reason": "temporary_residence", "documents": [], "citizenship": "UZ",
            "birth": "1990-03-14", "decision": null
        } }
    })
}

fn give(data: &Path, command: &Value) -> Output {
    let file = data.join("command.json");
    std::fs::write(&file, command.to_string()).unwrap();
    registry(data, &["give", file.to_str().unwrap()])
}

#[test]
fn persons_of_every_category_walk_through_the_rules_and_the_ledger_tells_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("register");
    let demo = answer(&registry(data, &["demo"]));
    assert_eq!((&demo["persons"], &demo["forms"]), (&json!(9), &json!(9)));
    let what = |step: &Value| step["what"].as_str().unwrap().to_owned();
    let steps: Vec<String> = demo["steps"].as_array().unwrap().iter().map(what).collect();
    // The engine really searched: everybody before, and the one with two names.
    assert!(steps.iter().any(|step| step == "8 searched, 0 alike"));
    assert_eq!(steps.iter().filter(|step| step.ends_with("searched, 1 alike")).count(), 1);
    for (kind, id, state) in [
        ("case", "case-C5", "closed"),
        ("case", "case-again", "closed"),
        ("case", "case-refusal", "refused"),
        ("case", "case-mismatch", "escalated"),
        ("case", "case-alias", "escalated"),
        ("access", "access-electronic", "handed_over"),
        ("access", "access-paper", "handed_over"),
        ("access", "access-genomic", "delivered"),
    ] {
        assert_eq!(stands(data, kind, id), state, "{id}");
    }
    let forms = std::fs::read_dir(data.join("forms")).unwrap();
    let mut names = Vec::new();
    for form in forms {
        let form = form.unwrap();
        assert!(std::fs::read(form.path()).unwrap().starts_with(b"%PDF-1.7"));
        names.push(form.file_name().to_str().unwrap()[..3].to_owned());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["1-1", "3-1", "3-2", "3-3", "4-1"]);
    assert_eq!(registry(data, &["obligations"]).status.code(), Some(0));
    commands_after(data);
    damage(data);
}

/// What officers give, and what is refused.
fn commands_after(data: &Path) {
    let open = opening("open-9", "case-9", "migration_officer");
    let given = answer(&give(data, &open));
    assert_eq!(
        (&given["outcome"]["case"], &given["repetition"]),
        (&json!("opened"), &json!(false))
    );
    let again = answer(&give(data, &open));
    assert_eq!(again["repetition"], json!(true));
    let clerk = give(data, &opening("open-10", "case-10", "chancellery_clerk"));
    assert_eq!(clerk.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&clerk.stderr).contains("role"));
    let trail = answer(&registry(data, &["audit"]));
    let last = trail[1].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last[1]["account"], &last[1]["role"]),
        (&json!("migration-9"), &json!("chancellery_clerk"))
    );
    assert_ne!(last[1]["result"], json!("OK"));
    let nonsense = give(data, &json!({ "id": "x" }));
    assert_eq!(nonsense.status.code(), Some(2));
    let late = registry(data, &["obligations", "--at", "2027-02-01T05:00:00Z"]);
    assert_eq!(late.status.code(), Some(0), "nothing is owed for a case that was only opened");
    let missing = registry(data, &["show", "case", "nobody"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("registry list"));
}

/// A ledger that somebody changed is found out, and nothing goes on with it.
fn damage(data: &Path) {
    let path = data.join("registry/ledger");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(registry(data, &["audit"]).status.code(), Some(1));
    let open = opening("open-11", "case-11", "migration_officer");
    let refused = give(data, &open);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("backup"));
}
