//! The segments between the markers.

use super::huffman::HuffmanTable;
use super::quantizer::{Bin, Quantizer};
use super::subbands::SUBBANDS;
use super::wavelet::{HalfFilter, MAX_TAPS, Synthesis};
use super::{corrupt, marker};
use crate::image::cursor::Cursor;
use crate::image::{FileResolution, ImageError, ImageFormat};

/// The frame header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Added to each pixel after scaling.
    pub(super) shift: f32,
    /// Factor of each pixel.
    pub(super) scale: f32,
}

/// All that the segments before the first block say, and the tables that later ones may replace.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) frame: Option<Frame>,
    pub(super) synthesis: Option<Synthesis>,
    pub(super) quantizer: Option<Quantizer>,
    pub(super) huffman: [Option<HuffmanTable>; 8],
    pub(super) resolution: Option<FileResolution>,
}

impl Tables {
    /// Reads the segment of any marker but those of image, block and restart.
    ///
    /// # Errors
    /// A segment that ends early, contradicts itself or is of an unknown kind.
    pub(super) fn read(&mut self, kind: u8, segment: &[u8]) -> Result<(), ImageError> {
        let mut cursor = Cursor::new(segment, ImageFormat::Wsq);
        match kind {
            marker::START_OF_FRAME if self.frame.is_some() => Err(corrupt("second frame header")),
            marker::START_OF_FRAME => frame(&mut cursor).map(|frame| self.frame = Some(frame)),
            marker::TRANSFORM_TABLE => {
                transform(&mut cursor).map(|bank| self.synthesis = Some(bank))
            }
            marker::QUANTIZATION_TABLE => {
                quantizer(&mut cursor).map(|quantizer| self.quantizer = Some(quantizer))
            }
            marker::HUFFMAN_TABLES => self.read_huffman(&mut cursor),
            // The interval is of no use: restart markers are found where they stand.
            marker::RESTART_INTERVAL => cursor.u16_be("restart interval").map(|_| ()),
            marker::COMMENT => {
                self.resolution = self.resolution.or_else(|| nist_resolution(segment));
                Ok(())
            }
            _ => Err(corrupt("unknown marker")),
        }
    }

    /// One or more Huffman tables.
    fn read_huffman(&mut self, cursor: &mut Cursor) -> Result<(), ImageError> {
        while !cursor.rest().is_empty() {
            let id = usize::from(cursor.u8("Huffman table")?);
            let mut counts = [0; 16];
            counts.copy_from_slice(cursor.take(16, "Huffman table")?);
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let values = cursor.take(total, "Huffman table")?;
            let slot = self.huffman.get_mut(id).ok_or(corrupt("Huffman table number"))?;
            *slot = Some(HuffmanTable::new(&counts, values)?);
        }
        Ok(())
    }
}

/// A number that its segment gives as digits and the position of the decimal point.
fn decimal(digits: u32, exponent: u8) -> f32 {
    (0..exponent).fold(f64::from(digits), |value, _| value / 10.0) as f32
}

fn decimal_16(cursor: &mut Cursor, part: &'static str) -> Result<f32, ImageError> {
    let exponent = cursor.u8(part)?;
    Ok(decimal(cursor.u16_be(part)?.into(), exponent))
}

fn frame(cursor: &mut Cursor) -> Result<Frame, ImageError> {
    const PART: &str = "frame header";
    let _black_and_white = cursor.u16_be(PART)?;
    let height = cursor.u16_be(PART)?;
    let width = cursor.u16_be(PART)?;
    let shift = decimal_16(cursor, PART)?;
    let scale = decimal_16(cursor, PART)?;
    Ok(Frame { width, height, shift, scale })
}

fn transform(cursor: &mut Cursor) -> Result<Synthesis, ImageError> {
    const PART: &str = "transform table";
    let [low, high] = [usize::from(cursor.u8(PART)?), usize::from(cursor.u8(PART)?)];
    if low.max(high) > MAX_TAPS {
        return Err(corrupt("filter length"));
    }
    let mut filter = |taps: usize| {
        let mut half = Vec::with_capacity(MAX_TAPS);
        for _ in 0..taps.div_ceil(2) {
            let negative = cursor.u8(PART)? != 0;
            let exponent = cursor.u8(PART)?;
            let tap = decimal(cursor.u32_be(PART)?, exponent);
            half.push(if negative { -tap } else { tap });
        }
        Ok(HalfFilter { taps, half })
    };
    let (low, high) = (filter(low)?, filter(high)?);
    Synthesis::from_analysis(&low, &high).ok_or(corrupt("filter length"))
}

fn quantizer(cursor: &mut Cursor) -> Result<Quantizer, ImageError> {
    const PART: &str = "quantization table";
    let center = decimal_16(cursor, PART)?;
    let mut bins = [Bin::default(); SUBBANDS];
    for bin in &mut bins {
        *bin = Bin { width: decimal_16(cursor, PART)?, zero_width: decimal_16(cursor, PART)? };
    }
    Ok(Quantizer { center, bins })
}

/// The line `PPI` of a comment in NIST's convention, whose first line starts with `NIST_COM`.
fn nist_resolution(comment: &[u8]) -> Option<FileResolution> {
    let text = comment.strip_prefix(b"NIST_COM")?;
    let mut lines = text.split(|&byte| byte == b'\n' || byte == b'\r' || byte == 0);
    let value = lines.find_map(|line| line.strip_prefix(b"PPI "))?;
    let ppi: f64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    FileResolution::per_inch(ppi, ppi)
}
