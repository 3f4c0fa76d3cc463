use crate::support::{Place, tanba, template};
use formats::template::{TemplateFormat, encode};

#[test]
fn the_answer_names_resolution_quality_and_minutiae() {
    let place = Place::new();
    let print = &place.finger("a", 1, 1)[0];
    let said = tanba(&["inspect", print, "--rows", "3"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("resolution  500 ppi (stated by the file)"), "{}", said.stdout);
    assert!(said.stdout.contains("more (--rows"), "{}", said.stdout);
    let answer = tanba(&["inspect", print, "--format", "json"]).json();
    let print = &answer["prints"][0];
    let minutiae = print["minutiae"].as_u64().unwrap();
    assert!(minutiae >= 15, "{minutiae} minutiae");
    assert_eq!(print["minutiae_list"].as_array().unwrap().len() as u64, minutiae);
    assert!(print["quality"].as_u64().unwrap() > 20);
    assert_eq!(print["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn every_stage_is_drawn_as_png() {
    let place = Place::new();
    let print = &place.finger("a", 1, 1)[0];
    let said = tanba(&["inspect", print, "--all-stages", &place.path("stages"), "--scale", "1"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let mut names: Vec<String> = std::fs::read_dir(place.path("stages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "01-resampled.png",
            "02-normalized.png",
            "03-mask.png",
            "04-orientation.png",
            "05-frequency.png",
            "06-enhanced.png",
            "07-binary.png",
            "08-skeleton.png",
            "09-minutiae-raw.png",
            "10-minutiae.png"
        ]
    );
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    for name in names {
        let bytes = std::fs::read(place.path(&format!("stages/{name}"))).unwrap();
        let decoded = formats::image::decode(&bytes, &Default::default()).unwrap();
        assert_eq!((decoded.image.width(), decoded.image.height()), (388, 374), "{name}");
        assert!(!pictures.contains(&bytes), "{name} shows what another stage shows");
        pictures.push(bytes);
    }
}

#[test]
fn a_stage_is_drawn_as_svg_with_its_picture_inside() {
    let place = Place::new();
    let print = &place.finger("a", 1, 1)[0];
    let out = place.path("minutiae.svg");
    let said = tanba(&["inspect", print, "--stage", "minutiae", "--out", &out]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let svg = place.read("minutiae.svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("data:image/png;base64,") && svg.contains("<path d=\"M"));
}

#[test]
fn a_template_is_shown_with_its_minutiae_but_has_no_stages() {
    let place = Place::new();
    let print = &place.finger("a", 1, 1)[0];
    let record = encode(TemplateFormat::Iso2005, &[template(print)]).unwrap();
    let file = place.write("a.iso", &record);
    let out = place.path("a.svg");
    let said = tanba(&["inspect", &file, "--out", &out]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("500 ppi (template)"), "{}", said.stdout);
    assert!(place.read("a.svg").contains("<path d=\"M"));
    let refused = tanba(&["inspect", &file, "--stage", "skeleton", "--out", &out]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("give the image"), "{}", refused.stderr);
}

#[test]
fn an_image_without_a_print_is_an_answer_with_advice() {
    let place = Place::new();
    let blank = vocabulary::GrayImage::new(300, 300, vec![255; 90_000]).unwrap();
    let file = place.write("blank.png", &formats::image::encode_png(&blank, Some(500)));
    let said = tanba(&["inspect", &file, "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let print = &said.json()["prints"][0];
    assert_eq!(print["minutiae"], 0);
    assert!(!print["reasons"].as_array().unwrap().is_empty());
    assert!(!print["reasons"][0]["advice"].as_str().unwrap().is_empty());
}

#[test]
fn a_picture_must_be_png_or_svg() {
    let place = Place::new();
    let print = &place.finger("a", 1, 1)[0];
    let said = tanba(&["inspect", print, "--out", &place.path("a.gif")]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains(".png or .svg"), "{}", said.stderr);
}
