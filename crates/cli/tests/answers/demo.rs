use crate::support::{Place, tanba};

#[test]
fn the_demonstration_holds_what_it_prints_and_leaves_only_its_report() {
    let place = Place::new();
    let report = place.path("demo.html");
    let said = tanba(&[
        "demo",
        "--persons",
        "4",
        "--strangers",
        "2",
        "--report",
        &report,
        "--keep",
        &place.path("gallery"),
        "--format",
        "json",
    ]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let answer = said.json();
    assert_eq!(answer["two_fingers"]["rank_1"], 4);
    assert_eq!(answer["two_fingers"]["strangers"], 2);
    for check in answer["checks"].as_array().unwrap() {
        assert_eq!(check["holds"], true, "{check}");
    }
    let html = place.read("demo.html");
    assert!(html.contains("<svg class=\"prints\"") && html.contains("<g class=\"pair\""));
    let stats = tanba(&["stats", "--data", &place.path("gallery"), "--format", "json"]);
    assert_eq!(stats.json()["references"], 8);
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let place = Place::new();
    let run = |report: &str| {
        let report = place.path(report);
        let said = tanba(&[
            "demo",
            "--persons",
            "2",
            "--strangers",
            "1",
            "--seed",
            "5",
            "--report",
            &report,
            "--format",
            "json",
        ]);
        let answer = said.json();
        answer["examples"][0]["candidates"].clone()
    };
    let (first, second) = (run("a.html"), run("b.html"));
    assert!(!first.as_array().unwrap().is_empty());
    assert_eq!(first, second);
}

#[test]
fn checks_that_do_not_hold_end_with_an_error() {
    let place = Place::new();
    // The report cannot be written where a folder is.
    let said = tanba(&["demo", "--persons", "2", "--strangers", "1", "--report", &place.path(".")]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("could not be written"), "{}", said.stderr);
}
