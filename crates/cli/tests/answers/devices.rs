use crate::support::{Place, tanba};

#[test]
fn the_processor_is_always_listed_with_what_runs_there() {
    let said = tanba(&["devices", "--no-rate", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let rows = said.json();
    assert_eq!((&rows[0]["device"], &rows[0]["kind"]), (&"cpu".into(), &"processor".into()));
    let gpus = rows.as_array().unwrap().iter().any(|row| row["kind"] == "GPU");
    assert_eq!(rows[0]["used_by_auto"], !gpus);
    assert_eq!(rows[0]["pairs_per_second"], serde_json::Value::Null);
}

#[test]
fn a_rate_is_measured_unless_it_is_not_wanted() {
    let said = tanba(&["devices", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for row in said.json().as_array().unwrap() {
        assert!(row["pairs_per_second"].as_f64().is_some_and(|rate| rate > 1000.0), "{row}");
        assert_eq!(row["failure"], serde_json::Value::Null);
    }
}

#[test]
fn a_device_that_is_not_there_is_an_error_that_tells_where_to_look() {
    let place = Place::new();
    let print = place.finger("a", 3, 1).remove(0);
    let asked = |device: &str| {
        tanba(&["identify", &print, "--data", &place.path("gallery"), "--device", device])
    };
    let said = asked("gpu:99");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("there is no adapter 99"), "{}", said.stderr);
    assert!(said.stderr.contains("tanba devices"), "{}", said.stderr);
    let said = asked("cuda");
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("auto, cpu, gpu:NUMBER, all"), "{}", said.stderr);
}

#[test]
fn an_answer_says_what_the_gallery_was_scanned_on() {
    let place = Place::new();
    let prints = place.finger("a", 3, 2);
    let data = place.path("gallery");
    let said = tanba(&["enroll", &prints[0], "--data", &data, "--ppi", "500"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let identify = ["identify", &prints[1], "--data", &data, "--ppi", "500"];
    let on_processor = tanba(&[&identify[..], &["--device", "cpu", "--format", "json"]].concat());
    let scanned_on = on_processor.json()["scanned_on"].clone();
    assert!(scanned_on.as_str().unwrap().starts_with("processor, "), "{scanned_on}");
    let devices = tanba(&["devices", "--no-rate", "--format", "json"]).json();
    let Some(adapter) = devices.as_array().unwrap().get(1) else {
        return eprintln!("skipped: no Vulkan adapter on this machine");
    };
    let device = adapter["device"].as_str().unwrap();
    let on_device = tanba(&[&identify[..], &["--device", device, "--format", "json"]].concat());
    let named = on_device.json()["scanned_on"].as_str().unwrap().to_owned();
    assert!(named.starts_with(adapter["name"].as_str().unwrap()), "{named}");
    assert_eq!(on_device.json()["candidates"], on_processor.json()["candidates"]);
}
