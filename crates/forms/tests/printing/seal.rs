//! The QR code, read from the rendered page as a scanner reads it from paper.

use crate::reader::{lines, picture};
use crate::{print, samples};
use forms::{Case, Form, Seal};
use rqrr::PreparedImage;

/// What a middling office scanner gives.
const DPI: f32 = 150.0;

fn sides(form: &Form) -> usize {
    lines(&print(form)).len()
}

#[test]
fn the_code_on_every_side_says_form_case_and_digest() {
    let case = samples::case();
    for form in samples::all() {
        for side in 0..sides(&form) {
            let (width, height, pixels) = picture(&print(&form), side, DPI);
            let mut image =
                PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
            let grids = image.detect_grids();
            assert_eq!(grids.len(), 1, "one code on side {side}");
            let (_, text) = grids[0].decode().unwrap();
            assert_eq!(text.parse::<Seal>().unwrap(), form.seal(&case));
            assert_eq!(text, form.seal(&case).to_string());
        }
    }
}

#[test]
fn four_modules_of_white_surround_the_largest_code() {
    let case = Case::new(&"A/1-".repeat(10), samples::date(2026, 11, 24)).unwrap();
    let form = Form::CopyRequest(samples::copy_request());
    let pdf = form.print(&case, samples::printed_at()).unwrap();
    let (width, height, pixels) = picture(&pdf, 0, 2.0 * DPI);
    let mut image =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    let (meta, text) = grids[0].decode().unwrap();
    assert_eq!(text.parse::<Seal>().unwrap().case_number(), case.number());
    let corners = &grids[0].bounds;
    let [left, right] = [corners[0].x, corners[2].x].map(|x| x as usize);
    let [top, bottom] = [corners[0].y, corners[2].y].map(|y| y as usize);
    let quiet = 4 * (right - left) / meta.version.to_size();
    let is_white = |x: usize, y: usize| pixels[y * width + x] == 255;
    // A pixel of the border may be gray: the code does not begin at a whole pixel.
    for distance in 2..quiet {
        for x in left - distance..=right + distance {
            assert!(
                is_white(x, top - distance) && is_white(x, bottom + distance),
                "{x} {distance}"
            );
        }
        for y in top - distance..=bottom + distance {
            assert!(
                is_white(left - distance, y) && is_white(right + distance, y),
                "{y} {distance}"
            );
        }
    }
}

#[test]
fn the_digest_changes_with_every_field_and_with_the_case() {
    let case = samples::case();
    let form = samples::certificate();
    let seal = |form: &forms::Certificate| Form::Certificate(form.clone()).seal(&case).digest();
    let changed: [fn(&mut forms::Certificate); 8] = [
        |f| f.name.given_name = forms::Name::new("Ань").unwrap(),
        |f| f.birth_date = samples::date(1990, 12, 2).into(),
        |f| f.iin = None,
        |f| f.registration_id = forms::RegistrationId::new("KZ004815162343").unwrap(),
        |f| f.authority = samples::text("Басқа"),
        |f| f.officer.patronymic = None,
        |f| f.officer_rank = samples::text("полиция майоры"),
        |f| f.captured = samples::date(2026, 11, 26),
    ];
    for (index, change) in changed.into_iter().enumerate() {
        let mut other = form.clone();
        change(&mut other);
        assert_ne!(seal(&other), seal(&form), "change {index}");
    }
    let other = Case::new("ALA-2026/000124", samples::date(2026, 11, 24)).unwrap();
    assert_ne!(Form::Certificate(form.clone()).seal(&other).digest(), seal(&form));
}

#[test]
fn the_footer_says_in_words_what_the_code_says() {
    for form in samples::all() {
        let seal = form.seal(&samples::case());
        let sides = lines(&print(&form));
        for (index, side) in sides.iter().enumerate() {
            let footer: Vec<&str> = side.iter().rev().take(4).map(|l| l.text.as_str()).collect();
            let [page, second, first, case] = footer[..] else { panic!("{footer:?}") };
            assert_eq!(case, format!("{}   № {}", form.code().number(), seal.case_number()));
            assert_eq!(format!("{first}{second}"), format!("SHA-256 {}", seal.digest_hex()));
            assert_eq!(page, format!("{} / {}", index + 1, sides.len()));
        }
    }
}
