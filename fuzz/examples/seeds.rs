//! Writes the first inputs of every target into `fuzz/corpus`, all of them made here: patterns and
//! scattered minutiae of no person.
//!
//! `cargo +nightly run --release --manifest-path fuzz/Cargo.toml --example seeds`

use formats::image::{png, wsq};
use formats::template::{self, TemplateFormat};
use std::path::Path;
use std::{fs, io};
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, GrayImage, ImpressionType, Minutia, MinutiaKind,
    RidgeFlow, Template, TemplateHeader,
};

fn main() -> io::Result<()> {
    let mut seeds = template_seeds();
    seeds.extend(image_seeds());
    for (target, name, bytes) in &seeds {
        check_readable(target, name, bytes);
        let any = if target.starts_with("image") { "image_any" } else { "template_any" };
        for target in [target.as_str(), any] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("seed-{name}")), bytes)?;
        }
    }
    println!("{} seeds", seeds.len());
    Ok(())
}

/// A seed that is not read would leave the insides of its decoder to chance.
fn check_readable(target: &str, name: &str, bytes: &[u8]) {
    let refused = match target.starts_with("image") {
        true => formats::image::decode(bytes, &tanba_fuzz::LIMITS).err().map(|e| e.to_string()),
        false => template::decode(bytes).err().map(|e| e.to_string()),
    };
    if let Some(reason) = refused {
        eprintln!("{target}: seed {name} is not read: {reason}");
    }
}

/// Target, name, bytes.
type Seed = (String, String, Vec<u8>);

fn seed(target: &str, name: &str, bytes: Vec<u8>) -> Seed {
    (target.to_owned(), name.to_owned(), bytes)
}

fn template(position: u8, minutiae: usize, flow: bool) -> Template {
    let header = TemplateHeader {
        width_px: 64,
        height_px: 48,
        position: FingerPosition::new(position).expect("a position"),
        impression: ImpressionType::LIVE_SCAN_PLAIN,
        quality: 60,
        extractor: ExtractorVersion(1),
    };
    let minutia = |i: usize| {
        let (x, y) = ((i * 311 % 1024) as u16, (i * 517 % 768) as u16);
        let direction = Direction::from_turns_65536((i * 7919) as u16);
        Minutia::new(x, y, direction, MinutiaKind::Ending, (i % 101) as u8).expect("a minutia")
    };
    let cells = (0..12).map(|i| i * 19).collect();
    let flow = flow.then(|| RidgeFlow::new(4, 3, cells).expect("a ridge flow"));
    Template::new(header, (0..minutiae).map(minutia).collect(), flow).expect("a template")
}

fn template_seeds() -> Vec<Seed> {
    let sets = [
        ("empty", vec![template(1, 0, false)]),
        ("one", vec![template(2, 5, true)]),
        ("full", vec![template(3, 300, false)]),
        ("views", vec![template(2, 3, false), template(2, 1, true), template(7, 2, false)]),
    ];
    let mut seeds = Vec::new();
    for format in TemplateFormat::ALL {
        for (name, templates) in &sets {
            let record = template::encode(format, templates).expect("the sets fit every format");
            let name = format!("{format}-{name}");
            seeds.push(seed(&format!("template_{format}"), &name, record));
        }
    }
    seeds
}

/// Ridges across, 40 x 32 pixels.
fn ridges() -> GrayImage {
    let pixel = |i: u32| {
        let (x, y) = (i % 40, i / 40);
        let phase = (x * 7 + y * 3 + x * y / 16) % 64;
        (if phase < 32 { phase * 7 } else { (63 - phase) * 7 }) as u8
    };
    GrayImage::new(40, 32, (0..40 * 32).map(pixel).collect()).expect("40 x 32")
}

fn image_seeds() -> Vec<Seed> {
    let image = ridges();
    let mut seeds = vec![
        seed("image_png", "gray", png::encode(&image, Some(500))),
        seed("image_bmp", "gray", bmp(&image)),
    ];
    seeds.extend(pnm_seeds(&image));
    seeds.extend(wsq_seeds(&image));
    seeds.extend(tiff_seeds(&image));
    seeds.extend(jpeg_seeds(&image));
    seeds.extend(jpeg2000_seeds(&image));
    let payloads = seeds.clone();
    seeds.push(seed("image_iso19794", "raw", iso19794(&image, 0, image.pixels())));
    for (target, name, bytes) in payloads {
        let name = format!("{target}-{name}");
        seeds.push(seed("image_iso19794", &name, iso19794(&image, 2, &bytes)));
    }
    seeds
}

fn pnm_seeds(image: &GrayImage) -> Vec<Seed> {
    let size = format!("{} {}", image.width(), image.height());
    let binary = [format!("P5\n# ridges\n{size}\n255\n").as_bytes(), image.pixels()].concat();
    let digits: Vec<String> = image.pixels().iter().map(u8::to_string).collect();
    let text = format!("P2 {size} 255\n{}\n", digits.join(" ")).into_bytes();
    let rgb: Vec<u8> = image.pixels().iter().flat_map(|p| [*p, 255 - *p, 9]).collect();
    let color = [format!("P6 {size} 255\n").as_bytes(), &rgb].concat();
    let wide: Vec<u8> = image.pixels().iter().flat_map(|p| [*p, 7]).collect();
    let wide = [format!("P5 {size} 65535\n").as_bytes(), &wide].concat();
    [("binary", binary), ("text", text), ("color", color), ("wide", wide)]
        .map(|(name, bytes)| seed("image_pnm", name, bytes))
        .to_vec()
}

/// An 8-bit bitmap with a gray palette, bottom row first.
fn bmp(image: &GrayImage) -> Vec<u8> {
    let pixels: Vec<u8> = (0..image.height()).rev().flat_map(|y| image.row(y).to_vec()).collect();
    let offset = 14 + 40 + 1024;
    let mut out = b"BM".to_vec();
    for field in [(offset + pixels.len()) as u32, 0, offset as u32, 40] {
        out.extend(field.to_le_bytes());
    }
    for field in [image.width(), image.height()] {
        out.extend(field.to_le_bytes());
    }
    out.extend([1, 0, 8, 0]);
    for field in [0, pixels.len() as u32, 19_685, 19_685, 256, 0] {
        out.extend(field.to_le_bytes());
    }
    out.extend((0..=255u8).flat_map(|level| [level, level, level, 0]));
    out.extend(pixels);
    out
}

fn wsq_seeds(image: &GrayImage) -> Vec<Seed> {
    [("low", 0.75), ("high", 4.0)]
        .map(|(name, bit_rate)| {
            let options = wsq::EncodeOptions { bit_rate, ..Default::default() };
            seed("image_wsq", name, wsq::encode(image, &options).expect("a bit rate in range"))
        })
        .to_vec()
}

fn tiff_seeds(image: &GrayImage) -> Vec<Seed> {
    use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, colortype::Gray8};
    let compressions = [
        ("plain", Compression::Uncompressed),
        ("lzw", Compression::Lzw),
        ("deflate", Compression::Deflate(DeflateLevel::Balanced)),
        ("packbits", Compression::Packbits),
    ];
    let encode = |(name, compression)| {
        let mut out = io::Cursor::new(Vec::new());
        TiffEncoder::new(&mut out)
            .map(|encoder| encoder.with_compression(compression))
            .and_then(|mut encoder| {
                encoder.write_image::<Gray8>(image.width(), image.height(), image.pixels())
            })
            .expect("writing to memory does not fail");
        seed("image_tiff", name, out.into_inner())
    };
    compressions.map(encode).to_vec()
}

fn jpeg_seeds(image: &GrayImage) -> Vec<Seed> {
    use jpeg_encoder::{ColorType, Encoder};
    let (width, height) = (image.width() as u16, image.height() as u16);
    [("baseline", false), ("progressive", true)]
        .map(|(name, progressive)| {
            let mut out = Vec::new();
            let mut encoder = Encoder::new(&mut out, 80);
            encoder.set_progressive(progressive);
            encoder
                .encode(image.pixels(), width, height, ColorType::Luma)
                .expect("writing to memory does not fail");
            seed("image_jpeg", name, out)
        })
        .to_vec()
}

/// A record of the 2011 edition with one representation.
fn iso19794(image: &GrayImage, compression: u8, data: &[u8]) -> Vec<u8> {
    let mut body = vec![0xFF; 9];
    body.extend([0; 5]);
    body.extend([0, 2, 0, 1]);
    for rate in [500u16; 4] {
        body.extend(rate.to_be_bytes());
    }
    body.extend([8, compression, 0]);
    body.extend((image.width() as u16).to_be_bytes());
    body.extend((image.height() as u16).to_be_bytes());
    body.extend((data.len() as u32).to_be_bytes());
    body.extend(data);
    let mut out = b"FIR\x00020\0".to_vec();
    out.extend((16 + 4 + body.len() as u32).to_be_bytes());
    out.extend([0, 1, 0, 1]);
    out.extend((4 + body.len() as u32).to_be_bytes());
    out.extend(body);
    out
}

/// Codestreams of one code-block of noise: every byte string is valid input for the arithmetic
/// decoder, so headers by hand are all that an encoder would have to add.
fn jpeg2000_seeds(image: &GrayImage) -> Vec<Seed> {
    let noise: Vec<u8> =
        image.pixels().iter().take(200).map(|p| p.wrapping_mul(89) & 0x7F).collect();
    let reversible = codestream(1, &noise);
    let mut file = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ".to_vec();
    file.extend(b"\0\0\0\x2djp2h\0\0\0\x16ihdr\0\0\0\x20\0\0\0\x20\0\x01\x07\x07\0\0");
    file.extend(b"\0\0\0\x0fcolr\x01\0\0\0\0\0\x11");
    file.extend(b"\0\0\0\0jp2c");
    file.extend(&reversible);
    [("file", file), ("codestream", reversible), ("irreversible", codestream(0, &noise))]
        .map(|(name, bytes)| seed("image_jpeg2000", name, bytes))
        .to_vec()
}

/// A gray codestream of 32 x 32 pixels without wavelet levels (ISO/IEC 15444-1, annex A).
fn codestream(wavelet: u8, code_block: &[u8]) -> Vec<u8> {
    let side = 32u32.to_be_bytes();
    let zero = [0; 4];
    let mut out = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
    for field in [side, side, zero, zero, side, side, zero, zero] {
        out.extend(field);
    }
    out.extend([0, 1, 7, 1, 1]);
    // One layer, no levels, code-blocks of 64 x 64.
    out.extend([0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 0, 4, 4, 0, wavelet]);
    // Two guard bits; without or with a quantizer step.
    match wavelet {
        1 => out.extend([0xFF, 0x5C, 0, 4, 0x40, 8 << 3]),
        _ => out.extend([0xFF, 0x5C, 0, 5, 0x42, 8 << 3, 0]),
    }
    let packet = [packet_header(code_block.len() as u32), code_block.to_vec()].concat();
    out.extend([0xFF, 0x90, 0, 10, 0, 0]);
    out.extend((12 + 2 + packet.len() as u32).to_be_bytes());
    out.extend([0, 1, 0xFF, 0x93]);
    out.extend(packet);
    out.extend([0xFF, 0xD9]);
    out
}

/// A packet of one code-block (annex B.10): included, 5 of 9 bit planes missing, 10 coding passes,
/// and a length of 8 bits.
fn packet_header(length: u32) -> Vec<u8> {
    let bits = format!("11{}{}{}{length:08b}", "000001", "111100100", "110");
    let mut bytes = Vec::new();
    for chunk in bits.as_bytes().chunks(8) {
        let text = String::from_utf8_lossy(chunk);
        let padded = format!("{text:0<8}");
        bytes.push(u8::from_str_radix(&padded, 2).expect("eight binary digits"));
    }
    assert!(!bytes.contains(&0xFF), "a byte of ones would need a bit stuffed behind it");
    bytes
}
