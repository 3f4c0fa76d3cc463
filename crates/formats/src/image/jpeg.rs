//! JPEG (ISO/IEC 10918-1), baseline and progressive, by the library `zune-jpeg`.
//!
//! The markers are walked here first: sizes are checked before anything is allocated, the
//! resolution is found, and a file without its end is told from a damaged one. The library then
//! runs in its strict mode, which refuses what it would otherwise paint gray, and without its
//! vector code, so that every machine computes the same pixels.

use super::cursor::Cursor;
use super::raster::{self, Channels};
use super::tiff::Directory;
use super::{DecodeLimits, DecodedImage, FileResolution, ImageError, ImageFormat, guard};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const FORMAT: ImageFormat = ImageFormat::Jpeg;

/// Decodes a JPEG.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole JPEG of 8 bits within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    let markers = Markers::walk(bytes)?;
    let frame = markers.frame.ok_or(corrupt("frame header missing"))?;
    let components = u64::from(frame.components);
    // Progressive files are held as 16-bit coefficients; both give up to three samples a pixel.
    let held = 4 + components * if frame.progressive { 3 } else { 1 };
    let size = limits.admit(frame.width.into(), frame.height.into(), held)?;
    let pixels = guard::catch(FORMAT, || decode_guarded(bytes, limits))?;
    let image = raster::image(FORMAT, size, pixels)?;
    let decoded = DecodedImage::new(image, FORMAT, 8, components > 2);
    Ok(decoded.with_resolution(markers.resolution()).upright(markers.orientation.unwrap_or(1)))
}

fn decode_guarded(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<u8>, ImageError> {
    let max = limits.max_side as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_use_unsafe(false)
        .set_max_width(max)
        .set_max_height(max);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(error)?;
    // The first component of gray and YCbCr files is the luma sought.
    let gray = matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr));
    let target = if gray { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(target));
    let samples = decoder.decode().map_err(error)?;
    if gray {
        return Ok(samples);
    }
    let mut pixels = Vec::with_capacity(samples.len() / 3);
    Channels::Rgb.append_row_8(&samples, &mut pixels);
    Ok(pixels)
}

fn error(error: DecodeErrors) -> ImageError {
    match error {
        DecodeErrors::Unsupported(_) => {
            ImageError::Unsupported { format: FORMAT, feature: "coding process" }
        }
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => TRUNCATED,
        _ => corrupt("coded data"),
    }
}

const TRUNCATED: ImageError = ImageError::Truncated { format: FORMAT, part: "coded data" };

const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: FORMAT, part }
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    width: u16,
    height: u16,
    components: u8,
    progressive: bool,
}

/// What the marker segments say.
#[derive(Default)]
struct Markers {
    frame: Option<Frame>,
    jfif: Option<FileResolution>,
    exif: Option<FileResolution>,
    /// Of Exif.
    orientation: Option<u64>,
}

impl Markers {
    /// Walks from the start of the image to its end.
    fn walk(bytes: &[u8]) -> Result<Self, ImageError> {
        let Some(rest) = bytes.strip_prefix(&[0xff, 0xd8]) else {
            return Err(ImageError::WrongFormat { expected: FORMAT });
        };
        let mut cursor = Cursor::new(rest, FORMAT);
        let mut markers = Self::default();
        loop {
            match next_marker(&mut cursor)? {
                0xd9 => return Ok(markers),
                // Restart and temporary markers have no segment.
                0x01 | 0xd0..=0xd7 => {}
                kind => {
                    let bytes = usize::from(cursor.u16_be("segment")?);
                    let bytes = bytes.checked_sub(2).ok_or(corrupt("segment length"))?;
                    markers.read(kind, cursor.take(bytes, "segment")?)?;
                }
            }
        }
    }

    fn read(&mut self, kind: u8, segment: &[u8]) -> Result<(), ImageError> {
        match kind {
            0xc0..=0xc2 => self.read_frame(kind, segment),
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xf7 => {
                Err(ImageError::Unsupported { format: FORMAT, feature: "coding process" })
            }
            0xe0 => {
                self.jfif = self.jfif.or_else(|| jfif_resolution(segment));
                Ok(())
            }
            0xe1 => {
                let tags = segment.strip_prefix(b"Exif\0\0");
                if let Some(directory) = tags.and_then(|tags| Directory::read(tags).ok()) {
                    self.exif = self.exif.or_else(|| directory.resolution());
                    self.orientation = self.orientation.or(Some(directory.orientation()));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_frame(&mut self, kind: u8, segment: &[u8]) -> Result<(), ImageError> {
        if self.frame.is_some() {
            return Err(corrupt("second frame header"));
        }
        let mut cursor = Cursor::new(segment, FORMAT);
        if cursor.u8("frame header")? != 8 {
            return Err(ImageError::Unsupported { format: FORMAT, feature: "sample depth" });
        }
        self.frame = Some(Frame {
            height: cursor.u16_be("frame header")?,
            width: cursor.u16_be("frame header")?,
            components: cursor.u8("frame header")?,
            progressive: kind == 0xc2,
        });
        Ok(())
    }

    /// Of JFIF, or of Exif where that says nothing to be believed.
    fn resolution(&self) -> Option<FileResolution> {
        let believed = self.jfif.filter(|resolution| resolution.is_believable());
        believed.or(self.exif).or(self.jfif)
    }
}

/// The kind of the next marker; coded data before it is skipped.
fn next_marker(cursor: &mut Cursor) -> Result<u8, ImageError> {
    loop {
        let skipped = cursor.rest().iter().take_while(|&&byte| byte != 0xff).count();
        cursor.take(skipped + 1, "end of image")?;
        let fill = cursor.rest().iter().take_while(|&&byte| byte == 0xff).count();
        cursor.take(fill, "end of image")?;
        match cursor.u8("end of image")? {
            0 => {}
            kind => return Ok(kind),
        }
    }
}

/// Of the JFIF header: `JFIF\0`, version, unit, horizontal and vertical density.
fn jfif_resolution(segment: &[u8]) -> Option<FileResolution> {
    let header = segment.strip_prefix(b"JFIF\0")?;
    let [_, _, unit, x_high, x_low, y_high, y_low, ..] = *header else { return None };
    let (x, y) = (u16::from_be_bytes([x_high, x_low]), u16::from_be_bytes([y_high, y_low]));
    match unit {
        1 => FileResolution::per_inch(x.into(), y.into()),
        2 => FileResolution::per_centimeter(x.into(), y.into()),
        // Unit 0: the two numbers are an aspect ratio.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAY: &[u8] = include_bytes!("../../tests/golden/image/gray.jpg");

    fn decode_default(bytes: &[u8]) -> Result<DecodedImage, ImageError> {
        decode(bytes, &DecodeLimits::default())
    }

    /// Exif with orientation 6 and 600 ppi, as a segment with its marker.
    fn exif() -> Vec<u8> {
        let mut tags = b"Exif\0\0MM\x00\x2a\0\0\0\x08\0\x03".to_vec();
        tags.extend([1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
        tags.extend([1, 0x1a, 0, 5, 0, 0, 0, 1, 0, 0, 0, 50]);
        tags.extend([1, 0x1b, 0, 5, 0, 0, 0, 1, 0, 0, 0, 50]);
        tags.extend([0, 0, 0, 0, 0, 0, 0x02, 0x58, 0, 0, 0, 1]);
        let mut segment = vec![0xff, 0xe1, 0, tags.len() as u8 + 2];
        segment.extend(tags);
        segment
    }

    #[test]
    fn exif_turns_the_image_and_states_what_jfif_does_not() {
        let upright = decode_default(GRAY).unwrap();
        let with_both = [&GRAY[..2], &exif(), &GRAY[2..]].concat();
        let turned = decode_default(&with_both).unwrap();
        assert_eq!(turned.image.width(), upright.image.height());
        assert_eq!(
            turned.image.row(0)[0],
            *upright.image.pixels().rchunks(23).next().unwrap().first().unwrap()
        );
        assert_eq!(turned.resolution.unwrap().ppi_x, 500.0);
        // The JFIF segment says that its numbers are an aspect ratio.
        let mut aspect = with_both;
        let unit = aspect.windows(5).position(|w| w == b"JFIF\0").unwrap() + 7;
        aspect[unit] = 0;
        assert_eq!(decode_default(&aspect).unwrap().resolution.unwrap().ppi_x, 600.0);
    }

    #[test]
    fn sizes_depths_and_processes_are_refused_from_the_header() {
        let frame = GRAY.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        let with = |at: usize, values: &[u8]| {
            let mut bytes = GRAY.to_vec();
            bytes[frame + at..frame + at + values.len()].copy_from_slice(values);
            decode_default(&bytes).unwrap_err()
        };
        let huge = with(5, &[0xea, 0x60, 0xea, 0x60]);
        assert_eq!(huge, ImageError::Size { width: 60_000, height: 60_000, max: 20_000 });
        assert!(matches!(with(4, &[12]), ImageError::Unsupported { feature: "sample depth", .. }));
        assert!(matches!(with(1, &[0xc3]), ImageError::Unsupported { .. }));
        assert!(matches!(with(5, &[0, 0]), ImageError::Size { height: 0, .. }));
    }
}
