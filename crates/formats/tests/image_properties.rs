//! Nothing that anyone can write as a file makes a decoder panic, and what is encoded comes back.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use formats::image::wsq::EncodeOptions;
use formats::image::{self, DecodeLimits, DecodedImage, ImageError};
use proptest::prelude::*;
use std::sync::OnceLock;
use vocabulary::GrayImage;

type Decoder = fn(&[u8], &DecodeLimits) -> Result<DecodedImage, ImageError>;

/// The decoder of every format.
const DECODERS: [Decoder; 9] = [
    image::png::decode,
    image::tiff::decode,
    image::bmp::decode,
    image::jpeg::decode,
    image::jpeg2000::decode,
    image::pnm::decode,
    image::wsq::decode,
    image::iso19794::decode,
    image::decode,
];

/// Small enough that a mutated header cannot make a test slow.
const LIMITS: DecodeLimits =
    DecodeLimits { max_side: 2000, max_pixels: 1_000_000, max_allocation_bytes: 64 << 20 };

/// Valid files of every format and kind.
fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/image");
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut seeds: Vec<Vec<u8>> =
            paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
        seeds.retain(|bytes| image::sniff(bytes).is_some());
        let wsq = image::wsq::encode(&ridges(61, 47, 3), &EncodeOptions::default()).unwrap();
        seeds.push(record_2011(&[&wsq, &seeds[0]]));
        seeds.push(wsq);
        seeds
    })
}

/// An ISO/IEC 19794-4:2011 record of these payloads.
fn record_2011(payloads: &[&[u8]]) -> Vec<u8> {
    let mut views = Vec::new();
    for payload in payloads {
        views.extend((41 + payload.len() as u32).to_be_bytes());
        views.extend([0xff; 14]);
        views.extend([0, 2, 1, 1, 1, 0xf4, 1, 0xf4, 1, 0xf4, 1, 0xf4, 8, 2, 0, 0, 61, 0, 47]);
        views.extend((payload.len() as u32).to_be_bytes());
        views.extend(*payload);
    }
    let mut record = b"FIR\x00020\0".to_vec();
    record.extend((16 + views.len() as u32).to_be_bytes());
    record.extend([0, payloads.len() as u8, 0, 1]);
    record.extend(views);
    record
}

/// Curved ridges with a period of nine pixels, and some noise.
fn ridges(width: u32, height: u32, seed: u32) -> GrayImage {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (dx, dy) = (x as f32 - width as f32 / 3.0, y as f32 - height as f32 / 2.0);
            let wave = ((dx * dx + dy * dy).sqrt() * std::f32::consts::TAU / 9.0).sin();
            pixels.push((128.0 + 90.0 * wave + (state >> 29) as f32) as u8);
        }
    }
    GrayImage::new(width, height, pixels).unwrap()
}

fn psnr(a: &GrayImage, b: &GrayImage) -> f64 {
    let square = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b)).powi(2);
    let sum: f64 = a.pixels().iter().zip(b.pixels()).map(square).sum();
    10.0 * (255.0 * 255.0 * a.pixels().len() as f64 / sum).log10()
}

/// Any image: even, noisy, or in between.
fn any_image() -> impl Strategy<Value = GrayImage> {
    (1_u32..70, 1_u32..70, any::<u32>(), any::<u8>(), any::<u8>()).prop_map(
        |(w, h, seed, base, mask)| {
            let mut state = seed;
            let pixel = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                base.wrapping_add((state >> 24) as u8 & mask)
            };
            GrayImage::new(w, h, (0..w * h).map(pixel).collect()).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn arbitrary_bytes_never_panic(
        start in prop::sample::select(seeds()),
        kept in 0_usize..16,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let file = [&start[..kept.min(start.len())], &bytes].concat();
        for decode in DECODERS {
            let _ = decode(&file, &LIMITS);
        }
        let _ = image::decode_all(&file, &LIMITS);
    }

    #[test]
    fn mutated_files_never_panic(
        seed in prop::sample::select(seeds()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut file = seed;
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        if let Ok(images) = image::decode_all(&file, &LIMITS) {
            for one in images {
                prop_assert!(one.image.pixels().len() as u64 <= LIMITS.max_pixels);
                prop_assert!((1..=16).contains(&one.bit_depth));
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn png_gives_back_every_image_and_resolution(
        image in any_image(),
        ppi in prop::option::of(100_u32..4000),
    ) {
        let decoded = image::decode(&image::encode_png(&image, ppi), &LIMITS).unwrap();
        prop_assert_eq!(decoded.image, image);
        prop_assert_eq!(decoded.resolution.map(|r| r.ppi_x), ppi.map(|ppi| ppi as f32));
    }

    #[test]
    fn wsq_of_any_image_is_decoded_to_its_size(image in any_image(), bit_rate in 0.05_f32..8.0) {
        let options = EncodeOptions { bit_rate, ppi: Some(500) };
        let bytes = image::wsq::encode(&image, &options).unwrap();
        let decoded = image::decode(&bytes, &LIMITS).unwrap();
        prop_assert_eq!(decoded.image.width(), image.width());
        prop_assert_eq!(decoded.image.height(), image.height());
        prop_assert_eq!(decoded.resolution.unwrap().ppi_y, 500.0);
    }

    #[test]
    fn raw_records_give_back_every_image(image in any_image(), position in 0_u8..=10) {
        let mut record = record_2011(&[image.pixels()]);
        // Position, compression, width and height of the only representation.
        let view = 16 + 4 + 14 + 1;
        record[view] = position;
        record[view + 12] = 0;
        record[view + 14..view + 16].copy_from_slice(&(image.width() as u16).to_be_bytes());
        record[view + 16..view + 18].copy_from_slice(&(image.height() as u16).to_be_bytes());
        let decoded = image::decode(&record, &LIMITS).unwrap();
        prop_assert_eq!(decoded.finger.unwrap().code(), position);
        prop_assert_eq!(decoded.image, image);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn wsq_of_ridges_stays_close_at_every_size(
        width in 100_u32..260,
        height in 100_u32..260,
        seed: u32,
    ) {
        let image = ridges(width, height, seed);
        let options = EncodeOptions { bit_rate: 2.25, ppi: None };
        let bytes = image::wsq::encode(&image, &options).unwrap();
        let decoded = image::decode(&bytes, &LIMITS).unwrap();
        let ratio = psnr(&decoded.image, &image);
        prop_assert!(ratio > 38.0, "{} x {}: {:.1} dB", width, height, ratio);
    }
}
