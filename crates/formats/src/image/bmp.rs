//! Windows bitmaps: 1, 4 and 8 bit with palette, 16, 24 and 32 bit color, RLE4 and RLE8.
//!
//! Source: Microsoft, *Bitmap Storage* and *BITMAPV5HEADER*, Windows GDI documentation.

mod rle;

use super::cursor::Cursor;
use super::raster::{self, Channels, PackedSamples, luma};
use super::{DecodeLimits, DecodedImage, FileResolution, ImageError, ImageFormat};

const FORMAT: ImageFormat = ImageFormat::Bmp;
const HEADER: &str = "header";
/// Bytes of the file header before the information header.
const FILE_HEADER: usize = 14;

/// Decodes a bitmap. Alpha is used only where the header names a mask for it.
///
/// # Errors
/// [`ImageError`] for every byte string that is no whole bitmap within `limits`.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<DecodedImage, ImageError> {
    if !bytes.starts_with(b"BM") {
        return Err(ImageError::WrongFormat { expected: FORMAT });
    }
    let header = Header::read(bytes)?;
    // Run-length data is unpacked to one palette index a pixel.
    let size = limits.admit(header.width, header.height, 2)?;
    let data = header.pixel_data(bytes)?;
    let pixels = match (header.bits, header.compression) {
        (1 | 2 | 4 | 8, Compression::None) => indexed(&header, data, size)?,
        (4 | 8, Compression::RunLength) => {
            let indices = rle::unpack(data, size, header.bits == 4)?;
            indices.iter().map(|&index| header.gray_of(index.into())).collect::<Result<_, _>>()?
        }
        (16 | 24 | 32, Compression::None) => direct(&header, data, size)?,
        _ => return Err(unsupported("bit depth and compression")),
    };
    let pixels = if header.bottom_up { flip(&pixels, size.0 as usize) } else { pixels };
    let image = raster::image(FORMAT, size, pixels)?;
    let color = header.bits > 8 || header.palette_color;
    Ok(DecodedImage::new(image, FORMAT, 8, color).with_resolution(header.resolution))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    RunLength,
}

struct Header {
    width: u64,
    height: u64,
    bottom_up: bool,
    bits: u16,
    compression: Compression,
    data_offset: usize,
    resolution: Option<FileResolution>,
    /// Gray of each palette entry.
    palette: Vec<u8>,
    palette_color: bool,
    /// Bits of red, green, blue and alpha in a direct pixel.
    masks: [u32; 4],
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, ImageError> {
        let mut cursor = Cursor::new(bytes, FORMAT);
        cursor.take(10, HEADER)?;
        let data_offset = cursor.u32_le(HEADER)? as usize;
        let info_bytes = cursor.u32_le(HEADER)? as usize;
        let mut header = match info_bytes {
            12 => Self::read_core(&mut cursor)?,
            40..=1024 => Self::read_info(&mut cursor, info_bytes)?,
            _ => return Err(corrupt("header length")),
        };
        header.data_offset = data_offset;
        header.read_palette(bytes, info_bytes)?;
        Ok(header)
    }

    /// The header of OS/2 1.x.
    fn read_core(cursor: &mut Cursor) -> Result<Self, ImageError> {
        let (width, height) = (cursor.u16_le(HEADER)?, cursor.u16_le(HEADER)?);
        cursor.take(2, HEADER)?;
        let bits = cursor.u16_le(HEADER)?;
        Ok(Self {
            width: width.into(),
            height: height.into(),
            bottom_up: true,
            bits,
            compression: Compression::None,
            data_offset: 0,
            resolution: None,
            palette: Vec::new(),
            palette_color: false,
            masks: default_masks(bits),
        })
    }

    fn read_info(cursor: &mut Cursor, info_bytes: usize) -> Result<Self, ImageError> {
        let (width, height) = (cursor.i32_le(HEADER)?, cursor.i32_le(HEADER)?);
        cursor.take(2, HEADER)?;
        let bits = cursor.u16_le(HEADER)?;
        let compression = cursor.u32_le(HEADER)?;
        cursor.take(4, HEADER)?;
        let (x, y) = (cursor.i32_le(HEADER)?, cursor.i32_le(HEADER)?);
        cursor.take(8, HEADER)?;
        let mut masks = default_masks(bits);
        let (compression, given) = match compression {
            0 => (Compression::None, 0),
            1 | 2 => (Compression::RunLength, 0),
            3 => (Compression::None, if info_bytes >= 56 { 4 } else { 3 }),
            6 => (Compression::None, 4),
            _ => return Err(unsupported("compression")),
        };
        for mask in &mut masks[..given] {
            *mask = cursor.u32_le(HEADER)?;
        }
        let width = u64::try_from(width).map_err(|_| corrupt("width"))?;
        Ok(Self {
            width,
            height: height.unsigned_abs().into(),
            bottom_up: height > 0,
            bits,
            compression,
            data_offset: 0,
            resolution: FileResolution::per_meter(x.into(), y.into()),
            palette: Vec::new(),
            palette_color: false,
            masks,
        })
    }

    /// Reads as many entries as lie between the header and the pixels, up to the index range.
    fn read_palette(&mut self, bytes: &[u8], info_bytes: usize) -> Result<(), ImageError> {
        if self.bits > 8 {
            return Ok(());
        }
        let entry_bytes = if info_bytes == 12 { 3 } else { 4 };
        let start = FILE_HEADER + info_bytes;
        let table = bytes.get(start..self.data_offset.min(bytes.len())).unwrap_or_default();
        for entry in table.chunks_exact(entry_bytes).take(1 << self.bits) {
            let [blue, green, red] = [0, 1, 2].map(|i| u32::from(entry[i]));
            self.palette.push(luma(red, green, blue) as u8);
            self.palette_color |= red != green || green != blue;
        }
        if self.palette.is_empty() { Err(corrupt("palette")) } else { Ok(()) }
    }

    fn pixel_data<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], ImageError> {
        let truncated = ImageError::Truncated { format: FORMAT, part: "pixels" };
        bytes.get(self.data_offset..).ok_or(truncated)
    }

    fn gray_of(&self, index: u32) -> Result<u8, ImageError> {
        self.palette.get(index as usize).copied().ok_or(corrupt("palette index"))
    }
}

/// Red, green, blue and alpha where the header does not say.
const fn default_masks(bits: u16) -> [u32; 4] {
    match bits {
        16 => [0x7c00, 0x03e0, 0x001f, 0],
        _ => [0x00ff_0000, 0x0000_ff00, 0x0000_00ff, 0],
    }
}

/// The stored rows, each padded to a multiple of four bytes.
fn rows<'a>(
    header: &Header,
    data: &'a [u8],
    size: (u32, u32),
) -> Result<impl Iterator<Item = &'a [u8]>, ImageError> {
    let row_bits = size.0 as usize * usize::from(header.bits);
    let (used, stride) = (row_bits.div_ceil(8), row_bits.div_ceil(32) * 4);
    // The padding of the last row may be missing.
    let needed = stride * (size.1 as usize - 1) + used;
    let truncated = ImageError::Truncated { format: FORMAT, part: "pixels" };
    let data = data.get(..needed).ok_or(truncated)?;
    Ok(data.chunks(stride).map(move |row| &row[..used]))
}

fn indexed(header: &Header, data: &[u8], size: (u32, u32)) -> Result<Vec<u8>, ImageError> {
    let mut pixels = Vec::with_capacity(size.0 as usize * size.1 as usize);
    for row in rows(header, data, size)? {
        for index in PackedSamples::new(row, header.bits.into()).take(size.0 as usize) {
            pixels.push(header.gray_of(index)?);
        }
    }
    Ok(pixels)
}

fn direct(header: &Header, data: &[u8], size: (u32, u32)) -> Result<Vec<u8>, ImageError> {
    let channels = if header.masks[3] == 0 { Channels::Rgb } else { Channels::Rgba };
    let mut pixels = Vec::with_capacity(size.0 as usize * size.1 as usize);
    for row in rows(header, data, size)? {
        for stored in row.chunks_exact(usize::from(header.bits / 8)) {
            let value = stored.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
            pixels.push(channels.gray(&header.masks.map(|mask| component(value, mask)), 255));
        }
    }
    Ok(pixels)
}

/// The bits of `mask` in `value`, as 0..=255; 0 for an empty mask.
fn component(value: u32, mask: u32) -> u32 {
    if mask == 0 {
        return 0;
    }
    let shift = mask.trailing_zeros();
    let max = u64::from(mask >> shift);
    ((u64::from((value & mask) >> shift) * 255 + max / 2) / max) as u32
}

fn flip(pixels: &[u8], width: usize) -> Vec<u8> {
    pixels.chunks_exact(width).rev().flatten().copied().collect()
}

const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: FORMAT, part }
}

const fn unsupported(feature: &'static str) -> ImageError {
    ImageError::Unsupported { format: FORMAT, feature }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap with a 40-byte header.
    fn bitmap(
        size: (i32, i32),
        bits: u16,
        compression: u32,
        palette: &[u8],
        data: &[u8],
    ) -> Vec<u8> {
        let offset = 54 + palette.len() as u32;
        let mut bytes = b"BM\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend(offset.to_le_bytes());
        bytes.extend(40_u32.to_le_bytes());
        bytes.extend(size.0.to_le_bytes());
        bytes.extend(size.1.to_le_bytes());
        bytes.extend([1, 0]);
        bytes.extend(bits.to_le_bytes());
        bytes.extend(compression.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(19_685_u32.to_le_bytes());
        bytes.extend(19_685_u32.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(palette);
        bytes.extend(data);
        bytes
    }

    const GRAYS: [u8; 16] = [0, 0, 0, 0, 80, 80, 80, 0, 160, 160, 160, 0, 255, 255, 255, 0];

    fn check(bytes: &[u8], pixels: &[u8]) -> DecodedImage {
        let decoded = decode(bytes, &DecodeLimits::default()).unwrap();
        assert_eq!(decoded.image.pixels(), pixels);
        decoded
    }

    #[test]
    fn rows_come_bottom_up_unless_the_height_is_negative() {
        let data = [0, 1, 0, 0, 2, 3, 0, 0];
        let decoded = check(&bitmap((2, 2), 8, 0, &GRAYS, &data), &[160, 255, 0, 80]);
        assert_eq!(decoded.resolution.unwrap().ppi_x, 500.0);
        assert!(!decoded.color);
        check(&bitmap((2, -2), 8, 0, &GRAYS, &data), &[0, 80, 160, 255]);
    }

    #[test]
    fn every_depth_is_read() {
        check(&bitmap((3, 1), 1, 0, &GRAYS[..8], &[0b0100_0000, 0, 0, 0]), &[0, 80, 0]);
        check(&bitmap((3, 1), 4, 0, &GRAYS, &[0x12, 0x30, 0, 0]), &[80, 160, 255]);
        let color = check(&bitmap((1, 1), 24, 0, &[], &[0, 0, 255, 0]), &[76]);
        assert!(color.color);
        check(&bitmap((1, 1), 32, 0, &[], &[9, 9, 9, 0]), &[9]);
        check(&bitmap((2, 1), 16, 0, &[], &[0xff, 0x7f, 0, 0]), &[255, 0]);
    }

    #[test]
    fn runs_literals_and_jumps_of_rle8_are_unpacked() {
        // Two of 3, a literal 1 2 3 (padded), end of line; jump (1, 0), one of 2, end.
        let data = [2, 3, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 1, 0, 1, 2, 0, 1];
        let expected = [0, 160, 0, 0, 0, 255, 255, 80, 160, 255];
        check(&bitmap((5, 2), 8, 1, &GRAYS, &data), &expected);
        let four = [3, 0x12, 0, 3, 0x31, 0x20, 0, 1];
        check(&bitmap((6, 1), 4, 2, &GRAYS, &four), &[80, 160, 80, 255, 80, 160]);
    }

    #[test]
    fn cut_and_contradictory_files_are_errors() {
        let error = |bytes: &[u8]| decode(bytes, &DecodeLimits::default()).unwrap_err();
        let whole = bitmap((2, 2), 8, 0, &GRAYS, &[0, 1, 0, 0, 2, 3]);
        check(&whole, &[160, 255, 0, 80]);
        assert!(matches!(error(&whole[..whole.len() - 1]), ImageError::Truncated { .. }));
        assert!(matches!(error(&bitmap((1, 1), 8, 0, &GRAYS, &[9])), ImageError::Corrupt { .. }));
        assert!(matches!(
            error(&bitmap((1, 1), 8, 4, &GRAYS, &[9])),
            ImageError::Unsupported { .. }
        ));
        let huge = bitmap((60_000, 60_000), 8, 0, &GRAYS, &[]);
        assert!(matches!(error(&huge), ImageError::Size { width: 60_000, .. }));
    }
}
