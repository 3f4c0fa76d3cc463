//! Decoders against small files of other makers, listed in `golden/image/README.md`.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use formats::image::{self, DecodeLimits, DecodedImage, ImageFormat};
use std::path::PathBuf;

fn read(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/image"));
    std::fs::read(folder.join(name)).unwrap()
}

fn decode(name: &str) -> DecodedImage {
    image::decode(&read(name), &DecodeLimits::default())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Largest difference of a pixel of `name` from that of `reference`.
fn difference(name: &str, reference: &str) -> u8 {
    let (a, b) = (decode(name).image, decode(reference).image);
    assert_eq!((a.width(), a.height()), (b.width(), b.height()), "{name}");
    a.pixels().iter().zip(b.pixels()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn lossless_gray_is_the_original_whatever_the_container() {
    for name in [
        "gray-little.tif",
        "gray-lzw-big.tif",
        "gray-lzw-predictor.tif",
        "gray-deflate-strips.tif",
        "gray-packbits-lsb.tif",
        "gray-tiled.tif",
        "gray-16-big.tif",
        "gray-16-little.tif",
        "gray-interlaced.png",
        "gray-16.png",
        "gray.bmp",
        "gray-os2.bmp",
        "gray-plain.pgm",
        "gray.jp2",
        "gray.j2k",
    ] {
        assert_eq!(difference(name, "rings.pgm"), 0, "{name}");
        // The maker wrote bitmaps with three equal channels.
        assert_eq!(decode(name).color, name.ends_with(".bmp"), "{name}");
    }
    assert_eq!(difference("gray-palette.tif", "gray-palette.pgm"), 0);
    assert!(!decode("gray-palette.tif").color);
    for name in ["bilevel.tif", "bilevel.png", "bilevel.bmp"] {
        assert_eq!(difference(name, "bilevel.pgm"), 0, "{name}");
    }
}

#[test]
fn zero_is_white_where_the_file_says_so() {
    // The maker changed the tag and left the samples as they were.
    let (inverted, original) = (decode("gray-inverted.tif").image, decode("rings.pgm").image);
    for (a, b) in inverted.pixels().iter().zip(original.pixels()) {
        assert_eq!(*a, 255 - b);
    }
}

#[test]
fn lossless_color_is_the_luma_of_the_original_whatever_the_container() {
    for name in [
        "color.tif",
        "color-planar.tif",
        "color-72.png",
        "color.bmp",
        "color-plain.ppm",
        "color.jp2",
    ] {
        assert_eq!(difference(name, "color.ppm"), 0, "{name}");
        assert!(decode(name).color, "{name}");
    }
    for name in ["color-palette.tif", "color-palette.png"] {
        assert_eq!(difference(name, "color-palette.ppm"), 0, "{name}");
        assert!(decode(name).color, "{name}");
    }
}

#[test]
fn half_transparent_color_is_half_way_to_white() {
    let (clear, opaque) = (decode("color-alpha.tif").image, decode("color.ppm").image);
    for (clear, opaque) in clear.pixels().iter().zip(opaque.pixels()) {
        let expected = (f32::from(*opaque) + 255.0) / 2.0;
        assert!((f32::from(*clear) - expected).abs() <= 1.5, "{clear} from {opaque}");
    }
}

#[test]
fn jpeg_is_close_to_the_original() {
    assert!(difference("gray.jpg", "rings.pgm") < 16);
    assert!(difference("gray-72.jpg", "rings.pgm") < 16);
    // Chroma of a quarter of the pixels, and inks: the luma stays.
    assert!(difference("color-progressive.jpg", "color.ppm") < 40);
    assert!(difference("color-cmyk.jpg", "color.ppm") < 40);
}

#[test]
fn depth_is_that_of_the_file() {
    for (name, depth) in
        [("gray-16-big.tif", 16), ("gray-16.png", 16), ("color-plain.ppm", 16), ("bilevel.png", 1)]
    {
        assert_eq!(decode(name).bit_depth, depth, "{name}");
    }
}

#[test]
fn resolution_is_that_of_the_file_in_any_unit() {
    for (name, ppi) in [
        ("gray.jpg", 500.0),
        ("gray-little.tif", 500.0),
        ("gray-lzw-big.tif", 500.0),
        ("gray-interlaced.png", 1000.0),
        ("gray.bmp", 500.0),
    ] {
        let resolution = decode(name).resolution.unwrap_or_else(|| panic!("{name} states one"));
        assert_eq!((resolution.ppi_x, resolution.ppi_y), (ppi, ppi), "{name}");
    }
}

#[test]
fn resolution_of_a_screen_is_stated_but_not_believed() {
    let decoded = decode("color-72.png");
    assert_eq!((decoded.resolution, decoded.stated_resolution.unwrap().ppi_x), (None, 72.0));
    let decoded = decode("gray-72.jpg");
    assert_eq!(decoded.resolution, None);
}

#[test]
fn every_beginning_of_every_file_is_an_error() {
    for entry in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/image")).unwrap()
    {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            continue;
        }
        let bytes = read(&name);
        let format = image::sniff(&bytes).unwrap();
        // TIFF may end with a value nobody needs, text with a shorter number, a bitmap with
        // padding, a codestream with the mark of its end.
        let spare = match format {
            ImageFormat::Tiff => continue,
            ImageFormat::Bmp => 3,
            ImageFormat::Pnm => 8,
            ImageFormat::Jpeg2000 => 2,
            _ => 0,
        };
        for end in 0..bytes.len() - spare {
            let result = image::decode(&bytes[..end], &DecodeLimits::default());
            assert!(result.is_err(), "{name} cut to {end} of {} bytes", bytes.len());
        }
    }
}
