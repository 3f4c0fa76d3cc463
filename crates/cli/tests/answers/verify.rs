use crate::support::{Place, tanba, template};
use formats::template::{TemplateFormat, encode};

#[test]
fn two_impressions_of_one_finger_match_and_two_fingers_do_not() {
    let place = Place::new();
    let (a, b) = (place.finger("a", 1, 2), place.finger("b", 2, 1));
    let same = tanba(&["verify", &a[0], &a[1], "--format", "json"]);
    assert_eq!(same.code, 0, "{}{}", same.stdout, same.stderr);
    assert_eq!(same.json()["decision"], "match");
    assert!(same.json()["fingers"][0]["paired_minutiae"].as_u64().unwrap() >= 8);
    let different = tanba(&["verify", &a[0], &b[0], "--format", "json"]);
    assert_eq!(different.code, 1, "{}{}", different.stdout, different.stderr);
    assert_eq!(different.json()["decision"], "no match");
}

#[test]
fn several_fingers_on_each_side_are_summed() {
    let place = Place::new();
    let (a, b) = (place.finger("a", 1, 2), place.finger("b", 2, 2));
    let said = tanba(&[
        "verify",
        "--probe",
        &a[0],
        &b[0],
        "--reference",
        &b[1],
        &a[1],
        "--format",
        "json",
    ]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let answer = said.json();
    assert_eq!(answer["fingers_compared"], 2);
    let fingers = answer["fingers"].as_array().unwrap();
    assert!(fingers[0]["probe"].as_str().unwrap().ends_with("a_1.png"));
    assert!(fingers[0]["reference"].as_str().unwrap().ends_with("a_2.png"));
}

#[test]
fn a_threshold_may_be_given_and_is_met_from_its_value_on() {
    let place = Place::new();
    let a = place.finger("a", 1, 2);
    let at = |threshold: u64| {
        tanba(&["verify", &a[0], &a[1], "--threshold", &threshold.to_string(), "--format", "json"])
    };
    let similarity = at(0).json()["similarity"].as_u64().unwrap();
    assert_eq!(at(similarity).code, 0);
    assert_eq!(at(similarity + 1).code, 1);
}

#[test]
fn a_template_made_elsewhere_is_compared_only_on_request() {
    let place = Place::new();
    let a = place.finger("a", 1, 2);
    let record = encode(TemplateFormat::Iso2005, &[template(&a[1])]).unwrap();
    let foreign = place.write("a.iso", &record);
    let refused = tanba(&["verify", &a[0], &foreign]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--other-extractors"), "{}", refused.stderr);
    let compared = tanba(&["verify", &a[0], &foreign, "--other-extractors", "compare"]);
    assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
}

#[test]
fn comparing_a_file_with_itself_is_warned_about() {
    let place = Place::new();
    let a = place.finger("a", 1, 1);
    let said = tanba(&["verify", &a[0], &a[0], "--quiet"]);
    assert_eq!(said.code, 0);
    assert!(said.stderr.contains("copies of one file"), "{}", said.stderr);
}

#[test]
fn the_report_shows_both_prints_with_their_pairs() {
    let place = Place::new();
    let a = place.finger("a", 1, 2);
    let said = tanba(&["verify", &a[0], &a[1], "--report", &place.path("r.html")]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let html = place.read("r.html");
    assert_eq!(html.matches("<image ").count(), 2);
    assert!(html.matches("<g class=\"pair\"").count() >= 8);
    let version = extraction::EXTRACTOR_VERSION.0;
    assert!(html.contains(&format!("extractor {version}, matching parameters")));
}
