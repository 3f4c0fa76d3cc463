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

/// A server of an empty register, with two accounts; ends with the test.
struct Served {
    process: std::process::Child,
    address: std::net::SocketAddr,
    officer: String,
    application: String,
    elsewhere: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn account(folder: &Path, account: &str, role: &str, body: (&str, &str)) -> String {
    let mut actor = opening("x", "x", role)["actor"].clone();
    actor["account"] = json!(account);
    (actor["body"]["id"], actor["body"]["kind"]) = (json!(body.0), json!(body.1));
    actor["rank"] = json!("капитан");
    let (file, accounts) = (folder.join("actor.json"), folder.join("accounts.json"));
    std::fs::write(&file, actor.to_string()).unwrap();
    // By its bare name, as people give it.
    let output = Command::new(env!("CARGO_BIN_EXE_tanba"))
        .args(["registry", "account", "actor.json"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(file.exists() && accounts.exists());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Served {
    fn start(folder: &Path) -> Self {
        let data = folder.join("register");
        let unit = ("unit-9", "internal_affairs");
        let officer = account(folder, "migration-9", "migration_officer", unit);
        let other = ("unit-10", "internal_affairs");
        let elsewhere = account(folder, "migration-10", "migration_officer", other);
        let system = ("documents", "system");
        let application = account(folder, "documents", "document_application", system);
        assert_eq!(registry(&data, &["init"]).status.code(), Some(0));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let process = Command::new(env!("CARGO_BIN_EXE_tanba"))
            .args(["registry", "serve", "--data", data.to_str().unwrap()])
            .args(["--listen", &address.to_string()])
            .args(["--accounts", folder.join("accounts.json").to_str().unwrap()])
            .spawn()
            .unwrap();
        let served = Self { process, address, officer, application, elsewhere };
        let started = std::time::Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(started.elapsed().as_secs() < 60, "the server does not listen");
            std::thread::yield_now();
        }
        served
    }

    /// Status, content type and body.
    fn ask(&self, token: &str, line: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: register\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: "));
        (status, kind.unwrap_or_default().to_owned(), answer[end + 4..].to_vec())
    }

    fn give(&self, token: &str, id: &str, expected: Option<u64>, command: &Value) -> (u16, Value) {
        let body = json!({ "id": id, "expected": expected, "command": command }).to_string();
        let (status, _, body) = self.ask(token, "POST /v1/commands", body.as_bytes());
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn show(&self, token: &str, path: &str) -> (u16, Value) {
        let (status, _, body) = self.ask(token, &format!("GET {path}"), b"");
        (status, serde_json::from_slice(&body).unwrap())
    }
}

#[test]
fn over_http_the_account_says_who_and_the_rules_say_what() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let (officer, elsewhere) = (&served.officer, &served.elsewhere);
    let open = opening("x", "case-1", "migration_officer")["command"].clone();
    assert_eq!(served.give("nobody", "c-1", None, &open).0, 401);
    let (status, given) = served.give(officer, "c-1", None, &open);
    assert_eq!((status, &given["outcome"]["case"]), (200, &json!("opened")));
    assert_eq!(served.give(officer, "c-1", None, &open).1["repetition"], json!(true));
    // Who gives it cannot be typed over.
    let typed = json!({ "id": "c-2", "command": open, "actor": {} }).to_string();
    assert_eq!(served.ask(officer, "POST /v1/commands", typed.as_bytes()).0, 400);
    // The case is the unit's.
    assert_eq!(served.show(officer, "/v1/cases/case-1").1["state"], json!("opened"));
    assert_eq!(served.show(elsewhere, "/v1/cases/case-1").0, 404);
    assert_eq!(served.show(elsewhere, "/v1/cases").1, json!([]));
    // Roles, versions, and the clause of what is wrong.
    let order = json!({ "order_capture": { "case": "case-1" } });
    assert_eq!(served.give(&served.application, "c-3", Some(1), &order).0, 403);
    let mark = json!({ "record_mark": { "case": "case-1", "mark": null } });
    assert_eq!(served.give(&served.application, "c-4", None, &mark).0, 200);
    let (status, stale) = served.give(officer, "c-5", Some(1), &order);
    assert_eq!((status, &stale["title"]), (409, &json!("STALE_VERSION")));
    let (status, done) = served.give(officer, "c-6", Some(2), &order);
    assert_eq!((status, &done["outcome"]["case"]), (200, &json!("ordered")));
    assert_eq!(done["done"][0]["note"], json!("told: document-application"));
    assert_eq!(done["now"], json!({ "state": "ordered", "version": 3 }));
    let close = json!({ "close_case": { "case": "case-1" } });
    let (status, problem) = served.give(officer, "c-7", Some(3), &close);
    assert_eq!((status, problem["clause"].is_string()), (422, true), "{problem}");
    // Files, and persons for a purpose.
    let (_, _, kept) = served.ask(officer, "POST /v1/files", b"a photograph");
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept["digest"].as_str().unwrap().len(), 64);
    let read = "/v1/persons/person-9?purpose=U9&command=r-1";
    assert_eq!(served.show(officer, read).1["title"], json!("PURPOSE"));
    assert_eq!(served.show(officer, "/v1/forms/..%2Fregistry%2Fledger").0, 404);
    assert_eq!(served.show(officer, "/v1/statistics").1["cases"], json!(1));
    documents(&served);
}

/// What needs no account: the page, and the document behind it.
fn documents(served: &Served) {
    let (status, kind, page) = served.ask("", "GET /", b"");
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(String::from_utf8(page).unwrap().contains("openapi.json"));
    let (status, document) = served.show("", "/openapi.json");
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    assert!(document["paths"]["/v1/commands"]["post"].is_object());
}
