//! PNG (ISO/IEC 15948), all color types and depths, with and without interlacing.
//!
//! The library `png` inflates and unfilters; rows are turned to gray as they come, so that only an
//! interlaced image is held whole.

use super::raster::{self, Channels};
use super::{DecodeLimits, DecodedImage, FileResolution, ImageError, ImageFormat, guard};
use ::png::{BitDepth, ColorType, Compression, DecodingError, Transformations, Unit};
use std::io::{self, Cursor};
use vocabulary::GrayImage;

const FORMAT: ImageFormat = ImageFormat::Png;
/// Memory for what is not pixels: chunks and the inflater's window.
const CHUNK_BYTES_MAX: usize = 16 << 20;

type Reader<'a> = ::png::Reader<Cursor<&'a [u8]>>;

/// Decodes a PNG; the first image of an animation.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole PNG within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(ImageError::WrongFormat { expected: FORMAT });
    }
    guard::catch(FORMAT, || decode_guarded(bytes, limits))
}

fn decode_guarded(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let mut decoder = ::png::Decoder::new(Cursor::new(bytes));
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes become colors, small depths 8 bit, a transparent color an alpha channel.
    decoder.set_transformations(Transformations::EXPAND);
    let header = decoder.read_header_info().map_err(error)?;
    let row_bytes = header.raw_row_length() as u64;
    // An interlaced image is held whole, expanded to at most four samples.
    let sample_bytes = if header.bit_depth == BitDepth::Sixteen { 2 } else { 1 };
    let held = if header.interlaced { 1 + 4 * sample_bytes } else { 1 };
    let (width, height) = (u64::from(header.width), u64::from(header.height));
    let size = limits.admit(width, height, held)?;
    decoder.set_limits(::png::Limits { bytes: CHUNK_BYTES_MAX + 8 * row_bytes as usize });

    let mut reader = decoder.read_info().map_err(error)?;
    let info = reader.info();
    let palette_color = info.palette.as_deref().is_some_and(is_colored);
    let depth = if info.color_type == ColorType::Indexed { 8 } else { info.bit_depth as u8 };
    let resolution = info.pixel_dims.and_then(|dims| match dims.unit {
        Unit::Meter => FileResolution::per_meter(dims.xppu.into(), dims.yppu.into()),
        Unit::Unspecified => None,
    });
    let indexed = info.color_type == ColorType::Indexed;
    let channels = channels(reader.output_color_type().0)?;
    let pixels = read_pixels(&mut reader, channels, size)?;
    let image = raster::image(FORMAT, size, pixels)?;
    let color = if indexed { palette_color } else { channels.is_color() };
    Ok(DecodedImage::new(image, FORMAT, depth, color).with_resolution(resolution))
}

fn read_pixels(
    reader: &mut Reader,
    channels: Channels,
    size: (u32, u32),
) -> Result<Vec<u8>, ImageError> {
    let deep = reader.output_color_type().1 == BitDepth::Sixteen;
    let append = |row: &[u8], pixels: &mut Vec<u8>| match deep {
        true => channels.append_row_16_be(row, 65_535, pixels),
        false => channels.append_row_8(row, pixels),
    };
    let mut pixels = Vec::with_capacity(size.0 as usize * size.1 as usize);
    if reader.info().interlaced {
        let bytes = reader.output_buffer_size().ok_or(corrupt("size"))?;
        let mut whole = vec![0; bytes];
        let frame = reader.next_frame(&mut whole).map_err(error)?;
        append(&whole[..frame.buffer_size()], &mut pixels);
    } else {
        for _ in 0..size.1 {
            let row = reader.next_row().map_err(error)?.ok_or(corrupt("rows"))?;
            append(row.data(), &mut pixels);
        }
    }
    // The checksum of the last pixels is read with what follows them.
    match reader.finish() {
        Ok(()) => Ok(pixels),
        Err(DecodingError::IoError(end)) if end.kind() == io::ErrorKind::UnexpectedEof => {
            Err(ImageError::Truncated { format: FORMAT, part: "end chunk" })
        }
        Err(other) => Err(error(other)),
    }
}

fn channels(color: ColorType) -> Result<Channels, ImageError> {
    match color {
        ColorType::Grayscale => Ok(Channels::Gray),
        ColorType::GrayscaleAlpha => Ok(Channels::GrayAlpha),
        ColorType::Rgb => Ok(Channels::Rgb),
        ColorType::Rgba => Ok(Channels::Rgba),
        ColorType::Indexed => Err(corrupt("palette")),
    }
}

/// Whether a palette of red, green and blue holds anything but gray.
fn is_colored(palette: &[u8]) -> bool {
    palette.chunks_exact(3).any(|entry| entry[0] != entry[1] || entry[1] != entry[2])
}

const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: FORMAT, part }
}

fn error(error: DecodingError) -> ImageError {
    match error {
        DecodingError::IoError(_) => ImageError::Truncated { format: FORMAT, part: "chunks" },
        DecodingError::LimitsExceeded => corrupt("chunk size"),
        DecodingError::Format(_) | DecodingError::Parameter(_) => corrupt("chunks"),
    }
}

/// Writes an 8-bit gray PNG, with a `pHYs` chunk where `ppi` is given (in pixels per inch).
pub fn encode(image: &GrayImage, ppi: Option<u32>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    encoder.set_pixel_dims(ppi.map(|ppi| {
        let per_meter = (f64::from(ppi) / 0.0254).round() as u32;
        ::png::PixelDimensions { xppu: per_meter, yppu: per_meter, unit: Unit::Meter }
    }));
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(image.pixels())?;
        writer.finish()
    });
    written.expect("memory can be written, and a gray image has a size and its pixels");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of any kind, written by the library.
    fn write(
        (width, height): (u32, u32),
        (color, depth): (ColorType, BitDepth),
        data: &[u8],
        adjust: impl Fn(&mut ::png::Encoder<&mut Vec<u8>>),
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        adjust(&mut encoder);
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    fn pixels(bytes: &[u8]) -> Vec<u8> {
        decode(bytes, &DecodeLimits::default()).unwrap().image.into_pixels()
    }

    #[test]
    fn gray_of_every_depth_comes_out_as_8_bit() {
        let one = write((4, 1), (ColorType::Grayscale, BitDepth::One), &[0b1010_0000], |_| ());
        assert_eq!(pixels(&one), [255, 0, 255, 0]);
        let four = write((2, 1), (ColorType::Grayscale, BitDepth::Four), &[0x0f], |_| ());
        assert_eq!(pixels(&four), [0, 255]);
        let deep = (ColorType::Grayscale, BitDepth::Sixteen);
        let sixteen = write((2, 1), deep, &[0x80, 0x80, 0xff, 0xff], |_| ());
        let decoded = decode(&sixteen, &DecodeLimits::default()).unwrap();
        assert_eq!((decoded.image.pixels(), decoded.bit_depth), (&[128, 255][..], 16));
    }

    #[test]
    fn color_becomes_luma_and_transparency_white() {
        let red = write((1, 1), (ColorType::Rgb, BitDepth::Eight), &[255, 0, 0], |_| ());
        assert_eq!(pixels(&red), [76]);
        let clear = (ColorType::Rgba, BitDepth::Eight);
        assert_eq!(pixels(&write((1, 1), clear, &[9, 9, 9, 0], |_| ())), [255]);
        let keyed = (ColorType::Grayscale, BitDepth::Eight);
        let keyed = write((2, 1), keyed, &[7, 8], |encoder| encoder.set_trns(vec![0, 7]));
        assert_eq!(pixels(&keyed), [255, 8]);
    }

    #[test]
    fn a_gray_palette_is_no_color() {
        let indexed = (ColorType::Indexed, BitDepth::Two);
        let image = |palette: &[u8]| {
            let bytes = write((3, 1), indexed, &[0b00_01_10_00], |encoder| {
                encoder.set_palette(palette.to_vec());
            });
            decode(&bytes, &DecodeLimits::default()).unwrap()
        };
        let gray = image(&[5, 5, 5, 77, 77, 77, 250, 250, 250]);
        assert_eq!((gray.image.pixels(), gray.color), (&[5, 77, 250][..], false));
        assert!(image(&[5, 5, 5, 77, 0, 77, 250, 250, 250]).color);
    }

    #[test]
    fn resolution_survives_and_an_unknown_unit_is_not_believed() {
        let image = GrayImage::new(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
        for ppi in [250, 500, 569, 1000] {
            let decoded = decode(&encode(&image, Some(ppi)), &DecodeLimits::default()).unwrap();
            assert_eq!(decoded.image, image);
            let resolution = decoded.resolution.unwrap();
            assert_eq!((resolution.ppi_x, resolution.ppi_y), (ppi as f32, ppi as f32));
        }
        let screen = decode(&encode(&image, Some(96)), &DecodeLimits::default()).unwrap();
        assert_eq!(screen.resolution, None);
        assert_eq!(screen.stated_resolution.unwrap().ppi_x, 96.0);
        let none = decode(&encode(&image, None), &DecodeLimits::default()).unwrap();
        assert_eq!((none.resolution, none.stated_resolution), (None, None));
    }

    #[test]
    fn a_huge_header_is_refused_and_a_cut_file_told_from_a_damaged_one() {
        let mut huge = Vec::new();
        let encoder = ::png::Encoder::new(&mut huge, 60_000, 60_000);
        drop(encoder.write_header().unwrap());
        let error = |bytes: &[u8]| decode(bytes, &DecodeLimits::default()).unwrap_err();
        assert!(matches!(error(&huge), ImageError::Size { width: 60_000, max: 20_000, .. }));
        let whole = encode(&GrayImage::new(9, 9, vec![3; 81]).unwrap(), None);
        assert!(matches!(error(&whole[..whole.len() - 20]), ImageError::Truncated { .. }));
        let mut damaged = whole;
        damaged[45] ^= 0x55;
        assert!(matches!(error(&damaged), ImageError::Corrupt { .. }));
    }

    #[test]
    fn no_damaged_byte_changes_the_picture_in_silence() {
        let grain = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
        let image = GrayImage::new(24, 20, (0..480).map(grain).collect()).unwrap();
        let whole = encode(&image, Some(500));
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            if let Ok(decoded) = decode(&damaged, &DecodeLimits::default()) {
                assert_eq!(decoded.image, image, "byte {at} of {}", whole.len());
            }
        }
    }
}
