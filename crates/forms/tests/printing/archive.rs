//! The file is PDF/A-2u, as far as its markers and structure show it, and says nothing of a person
//! outside its pages.

use crate::{print, samples};
use forms::{Case, Form, Moment};
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Stream};

fn catalog(pdf: &Pdf) -> Dict<'_> {
    pdf.xref().get(pdf.xref().root_id()).expect("a catalog")
}

fn xmp(pdf: &Pdf) -> String {
    let stream: Stream<'_> = catalog(pdf).get("Metadata").expect("metadata");
    String::from_utf8(stream.decoded().unwrap().into_owned()).unwrap()
}

#[test]
fn the_metadata_claims_pdf_a_2u_with_title_language_and_moment() {
    for form in samples::all() {
        let pdf = Pdf::new(print(&form)).unwrap();
        let xmp = xmp(&pdf);
        for claim in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>U</pdfaid:conformance>",
            "<rdf:li>kk</rdf:li>",
            "2026-11-26T10:30:00+05:00",
        ] {
            assert!(xmp.contains(claim), "{claim} in {xmp}");
        }
        let title = form.code().title().replace('"', "&quot;");
        assert!(xmp.contains(&title) || xmp.contains(form.code().title()), "{xmp}");
    }
}

#[test]
fn colors_have_an_output_intent_and_text_a_structure() {
    let bytes = print(&Form::Refusal(samples::refusal()));
    let pdf = Pdf::new(bytes).unwrap();
    let catalog = catalog(&pdf);
    let intents: Array<'_> = catalog.get("OutputIntents").expect("output intents");
    let intent = intents.iter::<Dict<'_>>().next().expect("one");
    assert_eq!(intent.get::<Name<'_>>("S").unwrap().as_ref(), b"GTS_PDFA1");
    assert!(intent.get::<Stream<'_>>("DestOutputProfile").is_some());
    assert!(catalog.contains_key("StructTreeRoot") && catalog.contains_key("Lang"));
    for forbidden in ["AcroForm", "OpenAction", "AA", "Names"] {
        assert!(!catalog.contains_key(forbidden), "{forbidden}");
    }
}

#[test]
fn both_weights_are_embedded_with_their_unicode() {
    for form in samples::all() {
        let pdf = Pdf::new(print(&form)).unwrap();
        let (mut files, mut fonts) = (0, 0);
        for object in pdf.objects() {
            let Object::Dict(dict) = object else { continue };
            let kind = dict.get::<Name<'_>>("Type");
            match kind.as_ref().map(AsRef::as_ref) {
                Some(b"FontDescriptor") => {
                    files += usize::from(dict.get::<Stream<'_>>("FontFile2").is_some());
                }
                Some(b"Font") if dict.contains_key("DescendantFonts") => {
                    fonts += 1;
                    assert!(dict.get::<Stream<'_>>("ToUnicode").is_some());
                }
                _ => {}
            }
        }
        assert_eq!((files, fonts), (2, 2), "form {}", form.code().number());
    }
}

#[test]
fn the_same_form_case_and_moment_give_the_same_bytes() {
    for form in samples::all() {
        assert!(print(&form) == print(&form.clone()));
    }
    let form = Form::Certificate(samples::certificate());
    let later = Moment::new(samples::date(2026, 11, 26), [10, 30, 1], 5).unwrap();
    assert!(form.print(&samples::case(), later).unwrap() != print(&form));
    let other = Case::new("ALA-2026/000124", samples::date(2026, 11, 24)).unwrap();
    assert!(form.print(&other, samples::printed_at()).unwrap() != print(&form));
}

#[test]
fn the_metadata_names_no_person() {
    for form in samples::all() {
        let bytes = print(&form);
        let xmp = xmp(&Pdf::new(bytes.clone()).unwrap());
        let raw = String::from_utf8_lossy(&bytes);
        for field in form.fields().into_iter().filter(|field| field.value.chars().count() > 4) {
            assert!(!xmp.contains(&field.value), "{}", field.name);
            assert!(!raw.contains(&field.value), "{}", field.name);
        }
    }
}
