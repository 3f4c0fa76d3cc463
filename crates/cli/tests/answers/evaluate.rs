use crate::support::{Place, tanba};

/// Three fingers with three impressions each.
fn set(place: &Place) -> String {
    for finger in 0..3u64 {
        place.finger(&format!("set/f{finger}"), finger, 3);
    }
    place.path("set")
}

#[test]
fn all_rates_are_given_or_said_not_to_be_measurable() {
    let place = Place::new();
    let said = tanba(&["evaluate", &set(&place), "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let answer = said.json();
    let comparisons = &answer["comparisons"];
    assert_eq!((&comparisons["mated"], &comparisons["non_mated"]), (&9.into(), &3.into()));
    assert_eq!(comparisons["eer"]["rate"], 0.0);
    for at in comparisons["fnmr_at_fmr"].as_array().unwrap() {
        assert_eq!(at["result"]["status"], "not_enough_comparisons");
        assert_eq!(at["result"]["found"], 3);
    }
    let searches = &answer["searches"];
    assert_eq!((&searches["mated"], &searches["non_mated"]), (&6.into(), &6.into()));
    assert_eq!(searches["cmc"][0]["count"], 6, "a mate was not in first place");
    // Were a print's own finger left in the search that must not find it, no threshold would part
    // the two kinds of search.
    let curve = searches["curve"].as_array().unwrap();
    assert!(curve.iter().any(|point| point["fpir"] == 0.0 && point["fnir"] == 0.0), "{curve:?}");
    assert_eq!(answer["failure_to_enroll"]["count"], 0);
    assert_eq!(answer["persons"], 3);
}

#[test]
fn an_equal_error_rate_that_never_varies_is_given_without_an_interval() {
    let place = Place::new();
    let said = tanba(&["evaluate", &set(&place)]);
    let line = said.stdout.lines().find(|line| line.starts_with("equal error rate")).unwrap();
    assert!(line.contains("0 %") && !line.contains(" to "), "{line}");
}

#[test]
fn all_pairs_compares_every_impression_of_different_fingers() {
    let place = Place::new();
    let folder = set(&place);
    let said = tanba(&["evaluate", &folder, "--protocol", "all-pairs", "--format", "json"]);
    assert_eq!(said.json()["comparisons"]["non_mated"], 27);
}

#[test]
fn a_broken_file_counts_as_a_failure_to_enroll() {
    let place = Place::new();
    let folder = set(&place);
    place.write("set/f1_4.png", b"no image at all");
    place.write("set/README.txt", b"not named like a print");
    let said = tanba(&["evaluate", &folder, "--format", "json"]);
    assert_eq!(said.code, 3, "{}", said.stderr);
    let answer = said.json();
    assert_eq!(answer["failure_to_enroll"]["count"], 1);
    assert_eq!(answer["failure_to_enroll"]["total"], 10);
    assert!(answer["failures"][0]["file"].as_str().unwrap().ends_with("f1_4.png"));
    assert_eq!(answer["files_ignored"], 1);
    assert_eq!(answer["comparisons"]["mated"], 12, "failed comparisons were left out");
}

#[test]
fn the_report_holds_every_plot_in_one_file() {
    let place = Place::new();
    let report = place.path("evaluation.html");
    let said = tanba(&["evaluate", &set(&place), "--report", &report]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let html = place.read("evaluation.html");
    assert_eq!(html.matches("<svg class=\"chart\"").count(), 4);
    for title in ["Detection error trade-off", "Cumulative match", "Distribution of", "Open-set"] {
        assert!(html.contains(title), "no {title}");
    }
    assert!(!html.contains("NaN"));
}

#[test]
fn a_folder_without_such_names_is_an_error_that_says_so() {
    let place = Place::new();
    place.finger("set/print", 1, 1);
    let folder = place.path("set");
    let said = tanba(&["evaluate", &folder, "--pattern", "{subject}-{impression}"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("--pattern"), "{}", said.stderr);
    let missing = tanba(&["evaluate", &place.path("nowhere")]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("nowhere"), "{}", missing.stderr);
}

#[test]
fn impressions_listed_twice_are_an_error_that_says_what_to_do() {
    let place = Place::new();
    place.finger("set/a/f", 1, 2);
    place.finger("set/b/f", 2, 2);
    let said = tanba(&["evaluate", &place.path("set")]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("listed twice") && said.stderr.contains("one set at a time"));
}
