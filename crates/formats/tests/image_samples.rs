//! Decoders against files of other makers. Each test is skipped where its set is absent.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use formats::image::wsq::{self, EncodeOptions};
use formats::image::{self, DecodeLimits, DecodedImage, ImageFormat};
use std::path::{Path, PathBuf};
use vocabulary::GrayImage;

/// The folder of sample sets beside the repository.
fn samples(set: &str) -> Option<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = Path::new(root).join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no sample set {set} beside the repository");
    None
}

/// Every file below `folder` with this extension, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn decode(path: &Path) -> DecodedImage {
    let bytes = std::fs::read(path).unwrap();
    image::decode(&bytes, &DecodeLimits::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Peak signal-to-noise ratio in decibels.
fn psnr(a: &GrayImage, b: &GrayImage) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let square = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b)).powi(2);
    let sum: f64 = a.pixels().iter().zip(b.pixels()).map(square).sum();
    10.0 * (255.0 * 255.0 * a.pixels().len() as f64 / sum).log10()
}

/// What the maker of the WSQ files of FVC2000 DB1_B compressed: the 15 bytes of a PGM header taken
/// for pixels, and as many of the real ones as fit behind them.
fn as_compressed(original: &DecodedImage) -> GrayImage {
    let mut pixels = b"P5\n300 300\n255\n".to_vec();
    pixels.extend(original.image.pixels());
    pixels.truncate(300 * 300);
    GrayImage::new(300, 300, pixels).unwrap()
}

#[test]
fn wsq_files_come_out_close_to_the_images_they_were_made_from() {
    let Some(folder) = samples("fvc2000_db1_b") else { return };
    let mut theirs = Vec::new();
    let mut ours = Vec::new();
    let (mut their_bytes, mut our_bytes) = (0, 0);
    for wsq in files(&folder.join("wsq"), "wsq") {
        let name = wsq.file_stem().unwrap();
        let original = as_compressed(&decode(&folder.join("tif").join(name).with_extension("tif")));
        let decoded = decode(&wsq);
        // The comment says -1, which is no resolution.
        assert_eq!((decoded.format, decoded.stated_resolution), (ImageFormat::Wsq, None));
        theirs.push(psnr(&decoded.image, &original));
        their_bytes += std::fs::metadata(&wsq).unwrap().len();

        let options = EncodeOptions { bit_rate: 2.25, ppi: None };
        let encoded = wsq::encode(&original, &options).unwrap();
        let again = image::decode(&encoded, &DecodeLimits::default()).unwrap();
        ours.push(psnr(&again.image, &original));
        our_bytes += encoded.len() as u64;
    }
    theirs.sort_by(f64::total_cmp);
    ours.sort_by(f64::total_cmp);
    let middle = theirs.len() / 2;
    println!(
        "{} files: decoded from {their_bytes} bytes at {:.2} dB or more, median {:.2}; encoded to \
         {our_bytes} bytes at {:.2} dB or more, median {:.2}",
        theirs.len(),
        theirs[0],
        theirs[middle],
        ours[0],
        ours[middle],
    );
    assert!(theirs[0] > 43.0, "{} dB", theirs[0]);
    // The reference software's encoder quantizes alike, but shares a Huffman table over two blocks.
    assert!((ours[middle] - theirs[middle]).abs() < 0.2, "{} dB", ours[middle]);
    assert!(our_bytes < their_bytes, "{our_bytes} bytes");
}

#[test]
fn records_of_both_editions_hold_a_finger_at_500_ppi() {
    let Some(folder) = samples("iso19794_samples") else { return };
    let records = files(&folder, "iso");
    assert_eq!(records.len(), 30);
    for path in &records {
        let record = decode(path);
        assert_eq!(record.format, ImageFormat::Iso19794);
        let resolution = record.resolution.unwrap();
        assert_eq!((resolution.ppi_x, resolution.ppi_y), (500.0, 500.0));
        let finger = record.finger.unwrap().name();
        let name = path.file_stem().unwrap().to_string_lossy().to_lowercase().replace('_', "-");
        assert!(name.contains(finger), "{name} holds {finger}");
        let all = image::decode_all(&std::fs::read(path).unwrap(), &DecodeLimits::default());
        assert_eq!(all.unwrap(), [record]);
    }
}

#[test]
fn the_wsq_and_the_jpeg_2000_record_of_a_finger_show_the_same_print() {
    let Some(folder) = samples("iso19794_samples") else { return };
    let records = files(&folder.join("mosip_mock_19794-4"), "iso");
    let pairs = records.iter().filter(|path| path.to_string_lossy().ends_with(".wsq.iso"));
    let mut lowest = f64::INFINITY;
    for wsq in pairs {
        let other = PathBuf::from(wsq.to_string_lossy().replace(".wsq.iso", ".iso"));
        lowest = lowest.min(psnr(&decode(wsq).image, &decode(&other).image));
    }
    println!("lowest {lowest:.2} dB");
    assert!(lowest > 20.0 && lowest.is_finite(), "{lowest} dB");
}

#[test]
fn every_wsq_stream_in_the_transactions_is_decoded() {
    let Some(folder) = samples("nist_itl_an2") else { return };
    let mut streams = 0;
    for path in files(&folder, "an2").into_iter().chain(files(&folder, "wsq")) {
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len().saturating_sub(4) {
            // The start of an image and of a comment or table.
            if matches!(bytes[at..at + 4], [0xff, 0xa0, 0xff, 0xa4..=0xa8]) {
                let decoded = wsq::decode(&bytes[at..], &DecodeLimits::default());
                let decoded = decoded.unwrap_or_else(|e| panic!("{} at {at}: {e}", path.display()));
                println!("{}: {:?} {:?}", path.display(), decoded.image, decoded.resolution);
                streams += 1;
            }
        }
    }
    assert!(streams > 10, "{streams}");
}

#[test]
fn every_other_sample_image_is_decoded() {
    let mut seen = 0;
    for set in [
        "fvc2000_db1_b",
        "fvc2002_b",
        "neurotech_crossmatch_open",
        "upek_open",
        "nfiq2_examples",
        "latent_sd27_samples",
        "iso19794_samples",
    ] {
        let Some(folder) = samples(set) else { continue };
        for extension in ["tif", "png", "bmp", "pgm", "jpg"] {
            for path in files(&folder, extension) {
                let decoded = decode(&path);
                let (width, height) = (decoded.image.width(), decoded.image.height());
                assert!(width >= 90 && height >= 90, "{}", path.display());
                seen += 1;
            }
        }
        println!("{set}: {seen} so far");
    }
}
