use crate::support::{Place, Said, tanba};

/// Every command that reads a print refuses the file with this text, naming it, with nothing on
/// standard output.
fn refused(file: &str, wanted: &str) {
    let check = |said: Said| {
        assert_eq!(said.code, 2, "{}{}", said.stdout, said.stderr);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.starts_with("error: "), "{}", said.stderr);
        assert!(said.stderr.contains(file), "the file is not named: {}", said.stderr);
        assert!(said.stderr.contains(wanted), "no {wanted:?} in: {}", said.stderr);
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    };
    check(tanba(&["inspect", file]));
    check(tanba(&["verify", file, file]));
    check(tanba(&["identify", file, "--data", "no-gallery"]));
}

#[test]
fn an_empty_file() {
    let place = Place::new();
    refused(&place.write("empty.png", b""), "the file is empty");
}

#[test]
fn a_file_of_another_kind() {
    let place = Place::new();
    refused(&place.write("notes.png", b"Dear colleague,\n"), "no format that tanba reads");
}

#[test]
fn a_file_cut_off() {
    let place = Place::new();
    let path = &place.finger("a", 1, 1)[0];
    let bytes = std::fs::read(path).unwrap();
    refused(&place.write("cut.png", &bytes[..bytes.len() / 2]), "PNG");
}

#[test]
fn a_header_that_promises_a_huge_image() {
    let place = Place::new();
    let bytes = b"P5 60000 60000 255\n".to_vec();
    refused(&place.write("huge.pgm", &bytes), "60000 x 60000");
}

#[test]
fn a_template_cut_off() {
    let place = Place::new();
    refused(&place.write("cut.iso", b"FMR\0 20\0\0\0\0\x30\0\0"), "");
}

#[test]
fn a_folder_or_nothing_at_all() {
    let place = Place::new();
    place.write("folder/file", b"x");
    refused(&place.path("folder"), "it is a folder");
    refused(&place.path("nothing.png"), "there is no such file: check the path");
}

#[test]
fn a_resolution_that_cannot_be_right_is_answered_with_the_likely_one() {
    let place = Place::new();
    let path = &place.finger("a", 1, 1)[0];
    let said = tanba(&["inspect", path, "--ppi", "1500"]);
    assert_eq!(said.code, 2, "{}{}", said.stdout, said.stderr);
    let likely = said.stderr.split("about ").nth(1).unwrap_or_default();
    let likely: f32 = likely.split(' ').next().unwrap().parse().expect(&said.stderr);
    assert!((400.0..=620.0).contains(&likely), "{}", said.stderr);
}

#[test]
fn a_resolution_nobody_states_is_estimated_and_said_so() {
    let place = Place::new();
    let master = synthesis::MasterPrint::generate(3, &Default::default());
    let print = synthesis::Impression::render(&master, 1, &synthesis::ImpressionParameters::good());
    let file = place.write("a.png", &formats::image::encode_png(&print.image, None));
    let said = tanba(&["inspect", &file, "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let resolution = &said.json()["prints"][0]["resolution"];
    assert_eq!(resolution["from"], "estimated");
    assert_eq!(resolution["ppi"], 500.0);
    let verified = tanba(&["verify", &file, &file]);
    assert!(verified.stderr.contains("give --ppi if you know it"), "{}", verified.stderr);
}

#[test]
fn a_control_sequence_in_a_file_name_does_not_reach_the_terminal() {
    let place = Place::new();
    let file = place.write("a\u{1b}[2J.png", b"");
    let said = tanba(&["inspect", &file]);
    assert!(!said.stderr.contains('\u{1b}'), "{:?}", said.stderr);
    assert!(said.stderr.contains("a?[2J.png"), "{:?}", said.stderr);
}
