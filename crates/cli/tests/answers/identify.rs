use crate::support::{Place, tanba};

/// Three persons, right and left index enrolled with one impression each; the second impressions
/// of the first person are held back. Returns the gallery and the two held-back files.
fn enrolled(place: &Place) -> (String, [String; 2]) {
    let mut held_back = Vec::new();
    for person in 0..3u64 {
        for (finger, code) in ["2", "7"].into_iter().enumerate() {
            let impressions = if person == 0 { 2 } else { 1 };
            let prefix = format!("prints/p{person}_{code}");
            let files = place.finger(&prefix, 10 * person + finger as u64, impressions);
            if let Some(second) = files.get(1) {
                let moved = place.path(&format!("found{code}.png"));
                std::fs::rename(second, &moved).unwrap();
                held_back.push(moved);
            }
        }
    }
    let (prints, gallery) = (place.path("prints"), place.path("gallery"));
    let pattern = "{subject}_{position}_{impression}";
    let said = tanba(&["enroll", &prints, "--data", &gallery, "--pattern", pattern]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    (gallery, held_back.try_into().unwrap())
}

#[test]
fn an_enrolled_person_is_first_and_the_exit_code_says_found() {
    let place = Place::new();
    let (gallery, [right, _]) = enrolled(&place);
    let said = tanba(&["identify", &right, "--data", &gallery, "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let answer = said.json();
    let best = &answer["candidates"][0];
    assert_eq!(best["subject"], "p0");
    assert_eq!(best["rank"], 1);
    assert_eq!(best["decision"], "match");
    assert_eq!(best["fingers"][0]["position"], "right-index");
    assert!(best["similarity"].as_u64() >= best["threshold"].as_u64());
    assert!(best["log10_likelihood_ratio"].as_f64().unwrap() > 0.0);
    assert!(best["expected_false_positives"].as_f64().unwrap() < 0.1);
    assert_eq!(answer["gallery_persons"], 3);
    assert_eq!(answer["probe"][0]["resolution"]["from"], "file");
}

#[test]
fn several_files_of_one_person_are_fused_finger_by_finger() {
    let place = Place::new();
    let (gallery, [right, left]) = enrolled(&place);
    let both = tanba(&[
        "identify",
        &right,
        &left,
        "--data",
        &gallery,
        "--position",
        "right-index",
        "--position",
        "left-index",
        "--format",
        "json",
    ]);
    assert_eq!(both.code, 0, "{}", both.stderr);
    let best = both.json()["candidates"][0].clone();
    assert_eq!(best["subject"], "p0");
    assert_eq!(best["fingers_compared"], 2);
    let fingers = best["fingers"].as_array().unwrap();
    let sum: u64 = fingers.iter().map(|finger| finger["similarity"].as_u64().unwrap()).sum();
    assert_eq!(best["similarity"].as_u64(), Some(sum));
}

#[test]
fn a_person_who_is_not_enrolled_is_not_found() {
    let place = Place::new();
    let (gallery, _) = enrolled(&place);
    let stranger = &place.finger("stranger", 999, 1)[0];
    let said = tanba(&["identify", stranger, "--data", &gallery]);
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("not found: no candidate meets the threshold"), "{}", said.stdout);
}

#[test]
fn the_table_goes_to_standard_output_and_nothing_else_does() {
    let place = Place::new();
    let (gallery, [right, _]) = enrolled(&place);
    let report = place.path("report.html");
    let said = tanba(&["identify", &right, "--data", &gallery, "--report", &report]);
    assert!(said.stdout.contains("rank  subject"), "{}", said.stdout);
    assert!(!said.stdout.contains("report written"));
    assert!(said.stderr.contains("report written"));
    let quiet = tanba(&["identify", &right, "--data", &gallery, "--report", &report, "--quiet"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn the_report_needs_nothing_else_and_escapes_what_it_shows() {
    let place = Place::new();
    let (gallery, [right, _]) = enrolled(&place);
    let hostile = place.path("<script>alert(1)<\u{2215}script>&\".png");
    std::fs::copy(&right, &hostile).unwrap();
    let report = place.path("report.html");
    let said = tanba(&["identify", &hostile, "--data", &gallery, "--report", &report]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let html = place.read("report.html");
    assert!(html.contains("&lt;script&gt;alert(1)"));
    for forbidden in ["<script", "src=\"http", "href=\"http", "@import", "url("] {
        assert!(!html.contains(forbidden), "the report holds {forbidden}");
    }
    assert!(html.contains("data:image/png;base64,"));
    assert!(html.contains("<g class=\"pair\""), "no paired minutiae are drawn");
    assert!(html.contains("What this answer does not cover"));
    for (open, close) in [("<section>", "</section>"), ("<svg", "</svg>"), ("<table>", "</table>")]
    {
        assert_eq!(html.matches(open).count(), html.matches(close).count(), "{open}");
    }
}

/// Flips bits all over what the gallery holds of images, past the heads of the files.
fn damage_images(gallery: &str) {
    let mut damaged = 0;
    for entry in std::fs::read_dir(format!("{gallery}/partition-0000")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "blob") {
            let mut bytes = std::fs::read(&path).unwrap();
            let end = bytes.len() - 100;
            bytes[300..end].iter_mut().step_by(1000).for_each(|byte| *byte ^= 0x55);
            std::fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0, "no images are in files of their own");
}

#[test]
fn a_damaged_image_leaves_a_gap_in_the_report_and_fails_no_search() {
    let place = Place::new();
    let (gallery, [right, _]) = enrolled(&place);
    // Opening moves the images from the log to files.
    assert_eq!(tanba(&["stats", "--data", &gallery]).code, 0);
    damage_images(&gallery);
    let report = place.path("report.html");
    let said = tanba(&["identify", &right, "--data", &gallery, "--report", &report]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let html = place.read("report.html");
    assert!(html.contains("The stored image of this reference is damaged"));
    assert!(html.contains("<g class=\"pair\""), "no paired minutiae are drawn");
}

#[test]
fn searching_for_an_enrolled_file_is_remarked_upon() {
    let place = Place::new();
    let (gallery, _) = enrolled(&place);
    let own = place.path("prints/p1_2_1.png");
    let said = tanba(&["identify", &own, "--data", &gallery]);
    assert!(said.stdout.contains("is itself enrolled as p1/2/1"), "{}", said.stdout);
}

#[test]
fn a_finger_position_narrows_the_search_and_the_answer_says_so() {
    let place = Place::new();
    let (gallery, [right, _]) = enrolled(&place);
    let arguments = ["identify", &right, "--data", &gallery, "--position", "7", "--format", "json"];
    let said = tanba(&arguments);
    assert_eq!(said.code, 1, "{}", said.stdout);
    let answer = said.json();
    assert_eq!(answer["eligible_references"], 3);
    assert!(answer["not_covered"][0].as_str().unwrap().contains("3 of 6 references"));
    let any = tanba(&[&arguments[..], &["--any-position"]].concat());
    assert_eq!(any.code, 0, "{}", any.stdout);
}

#[test]
fn a_missing_gallery_is_an_error_that_names_it() {
    let place = Place::new();
    let print = &place.finger("a", 5, 1)[0];
    let missing = place.path("nowhere");
    let said = tanba(&["identify", print, "--data", &missing]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains(&missing) && said.stderr.contains("enroll"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn positions_must_be_one_or_one_per_file() {
    let place = Place::new();
    let said = tanba(&[
        "identify",
        "a.png",
        "b.png",
        "c.png",
        "--data",
        &place.path("gallery"),
        "--position",
        "2",
        "--position",
        "7",
    ]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("2 positions were given for 3 files"), "{}", said.stderr);
}

/// An ISO/IEC 19794-4:2011 record of raw images with their finger positions.
fn record(prints: &[(u8, &vocabulary::GrayImage)]) -> Vec<u8> {
    let representation = |(position, image): &(u8, &vocabulary::GrayImage)| {
        let mut body = vec![0; 14];
        // No quality block; position, number, 500 pixels per inch, 8 bit, not packed.
        body.extend([0, *position, 1, 1]);
        body.extend([500_u16; 4].iter().flat_map(|rate| rate.to_be_bytes()));
        body.extend([8, 0, 0]);
        body.extend((image.width() as u16).to_be_bytes());
        body.extend((image.height() as u16).to_be_bytes());
        body.extend((image.pixels().len() as u32).to_be_bytes());
        body.extend(image.pixels());
        [&(body.len() as u32 + 4).to_be_bytes()[..], &body].concat()
    };
    let all: Vec<u8> = prints.iter().flat_map(representation).collect();
    let mut record = b"FIR\x00020\0".to_vec();
    record.extend((all.len() as u32 + 16).to_be_bytes());
    record.extend([0, prints.len() as u8, 0, 0]);
    record.extend(all);
    record
}

#[test]
fn a_print_of_a_record_with_several_is_shown_by_its_own_picture() {
    let place = Place::new();
    let files: Vec<Vec<String>> =
        [1, 2].map(|seed| place.finger(&format!("finger{seed}"), seed, 2)).into();
    let image = |path: &String| {
        let bytes = std::fs::read(path).unwrap();
        formats::image::decode(&bytes, &Default::default()).unwrap().image
    };
    let (right, left) = (image(&files[0][0]), image(&files[1][0]));
    let record = place.write("prints/p_1.fir", &record(&[(2, &right), (7, &left)]));
    let gallery = place.path("gallery");
    let said = tanba(&["enroll", &record, "--data", &gallery]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let report = place.path("report.html");
    let said = tanba(&["identify", &files[1][1], "--data", &gallery, "--report", &report]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let html = place.read("report.html");
    let shown = |image: &vocabulary::GrayImage| {
        // The stream of a PNG without resolution, as reports embed it; the end is its own.
        let png = formats::image::encode_png(image, None);
        let middle = &png[png.len() / 6 * 3..][..300];
        html.contains(&base64(middle))
    };
    assert!(shown(&left), "the print that matched is not shown");
    assert!(!shown(&right), "a print of another finger is shown");
}

/// RFC 4648, section 4, of a whole number of three bytes.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks_exact(3).flat_map(|three| {
        let group = three.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[group >> shift & 63]))
    });
    digits.collect()
}
