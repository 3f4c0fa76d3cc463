//! What the tags say about the pixels.

use super::FORMAT;
use super::chunk::Packing;
use super::directory::{Directory, corrupt, tag};
use crate::image::raster::{Channels, luma, to_8_bit};
use crate::image::{DecodeLimits, ImageError};

/// Most samples per pixel: color, alpha and some that nobody uses.
const SAMPLES_MAX: u64 = 16;

/// What the color samples mean.
pub(super) enum Meaning {
    Gray {
        /// Zero is white.
        inverted: bool,
    },
    Rgb,
    /// Ink: full is dark.
    Cmyk,
    Palette(Palette),
}

/// The gray of each index.
pub(super) struct Palette {
    grays: Vec<u8>,
    color: bool,
}

/// How pixels are stored.
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Bits per sample, `1..=16`.
    pub(super) bits: u32,
    /// Samples per pixel.
    pub(super) samples: usize,
    pub(super) meaning: Meaning,
    /// Index of the alpha sample, and whether colors are multiplied by it already.
    alpha: Option<(usize, bool)>,
    pub(super) packing: Packing,
    pub(super) predicted: bool,
    pub(super) lowest_bit_first: bool,
    /// Each sample has chunks of its own.
    pub(super) planar: bool,
    pub(super) tiled: bool,
    pub(super) chunk_width: usize,
    pub(super) chunk_height: usize,
    offsets: Vec<u64>,
    byte_counts: Vec<u64>,
}

impl Layout {
    /// Reads and validates the tags; nothing of the image's size is allocated.
    ///
    /// # Errors
    /// Tags that are missing, contradictory, unsupported, or exceed `limits`.
    pub(super) fn read(tags: &Directory, limits: &DecodeLimits) -> Result<Self, ImageError> {
        let bits = bits(tags)?;
        let samples = tags.number_or(tag::SAMPLES_PER_PIXEL, 1)?;
        if !(1..=SAMPLES_MAX).contains(&samples) {
            return Err(unsupported("samples per pixel"));
        }
        let (width, height) =
            (tags.number_or(tag::IMAGE_WIDTH, 0)?, tags.number_or(tag::IMAGE_LENGTH, 0)?);
        // The pixel, at worst turned upright, and all samples twice: unpacked, and reversed before.
        let held = 2 + 2 * samples * u64::from(bits.div_ceil(8));
        let (width, height) = limits.admit(width, height, held)?;
        let tiled = tags.numbers(tag::TILE_OFFSETS)?.is_some();
        let (chunk_width, chunk_height) = chunk_size(tags, tiled, width, height)?;
        let (offsets, byte_counts) = if tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let meaning = meaning(tags, bits, samples)?;
        let layout = Self {
            width: width as usize,
            height: height as usize,
            bits,
            samples: samples as usize,
            alpha: alpha(tags, &meaning, samples as usize)?,
            meaning,
            packing: Packing::new(tags.number_or(tag::COMPRESSION, 1)?)?,
            predicted: predicted(tags, bits)?,
            lowest_bit_first: tags.number_or(tag::FILL_ORDER, 1)? == 2,
            planar: tags.number_or(tag::PLANAR_CONFIGURATION, 1)? == 2,
            tiled,
            chunk_width,
            chunk_height,
            offsets: tags.numbers(offsets)?.ok_or(corrupt("strip offsets missing"))?,
            byte_counts: tags.numbers(byte_counts)?.unwrap_or_default(),
        };
        layout.check_chunk_memory(limits)?;
        Ok(layout)
    }

    /// A tile may be larger than its image.
    fn check_chunk_memory(&self, limits: &DecodeLimits) -> Result<(), ImageError> {
        let planes = if self.planar { self.samples as u64 } else { 1 };
        let row = self.row_bytes() as u64;
        limits.admit_memory(row.saturating_mul(self.chunk_height as u64).saturating_mul(2 * planes))
    }

    pub(super) fn chunks_across(&self) -> usize {
        self.width.div_ceil(self.chunk_width)
    }

    pub(super) fn chunks_down(&self) -> usize {
        self.height.div_ceil(self.chunk_height)
    }

    /// Bytes of one row of a chunk.
    pub(super) fn row_bytes(&self) -> usize {
        let samples = if self.planar { 1 } else { self.samples };
        (self.chunk_width * samples * self.bits as usize).div_ceil(8)
    }

    /// Offset and length of a chunk in the file.
    pub(super) fn chunk(&self, index: usize) -> Result<(u64, u64), ImageError> {
        let offset = *self.offsets.get(index).ok_or(corrupt("strip offsets"))?;
        if let Some(&bytes) = self.byte_counts.get(index) {
            return Ok((offset, bytes));
        }
        // Old writers leave the lengths of raw strips out.
        if self.packing == Packing::None {
            let rows = self.height.saturating_sub(index * self.chunk_height);
            return Ok((offset, (self.row_bytes() * rows.min(self.chunk_height)) as u64));
        }
        Err(corrupt("strip lengths"))
    }

    pub(super) fn is_color(&self) -> bool {
        match &self.meaning {
            Meaning::Gray { .. } => false,
            Meaning::Rgb | Meaning::Cmyk => true,
            Meaning::Palette(palette) => palette.color,
        }
    }

    /// Whether the stored bytes are the gray pixels.
    pub(super) fn is_plain_gray(&self) -> bool {
        let gray = matches!(self.meaning, Meaning::Gray { inverted: false });
        gray && self.bits == 8 && self.samples == 1
    }

    /// The gray of one pixel.
    ///
    /// # Errors
    /// An index outside the palette.
    pub(super) fn gray(&self, pixel: &[u32]) -> Result<u8, ImageError> {
        let max = (1 << self.bits) - 1;
        let value = match &self.meaning {
            Meaning::Gray { inverted: false } => pixel[0],
            Meaning::Gray { inverted: true } => max - pixel[0],
            Meaning::Rgb => luma(pixel[0], pixel[1], pixel[2]),
            Meaning::Cmyk => {
                let light = |ink: u32| {
                    let (ink, black) = (u64::from(max - ink), u64::from(max - pixel[3]));
                    (ink * black / u64::from(max)) as u32
                };
                luma(light(pixel[0]), light(pixel[1]), light(pixel[2]))
            }
            Meaning::Palette(palette) => {
                let gray = palette.grays.get(pixel[0] as usize);
                return gray.copied().ok_or(corrupt("palette index"));
            }
        };
        Ok(match self.alpha {
            None => to_8_bit(value, max),
            Some((index, true)) => to_8_bit(value + (max - pixel[index]), max),
            Some((index, false)) => Channels::GrayAlpha.gray(&[value, pixel[index]], max),
        })
    }
}

fn bits(tags: &Directory) -> Result<u32, ImageError> {
    let bits = tags.numbers(tag::BITS_PER_SAMPLE)?.unwrap_or_else(|| vec![1]);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().any(|&one| one != first) || !(1..=16).contains(&first) {
        return Err(unsupported("bits per sample"));
    }
    let formats = tags.numbers(tag::SAMPLE_FORMAT)?.unwrap_or_default();
    // 1 is unsigned, 4 undefined; signed and floating samples have no agreed black and white.
    if formats.iter().any(|&format| format != 1 && format != 4) {
        return Err(unsupported("sample format"));
    }
    Ok(first as u32)
}

fn predicted(tags: &Directory, bits: u32) -> Result<bool, ImageError> {
    match tags.number_or(tag::PREDICTOR, 1)? {
        1 => Ok(false),
        2 if bits == 8 || bits == 16 => Ok(true),
        _ => Err(unsupported("predictor")),
    }
}

fn chunk_size(
    tags: &Directory,
    tiled: bool,
    width: u32,
    height: u32,
) -> Result<(usize, usize), ImageError> {
    let (columns, rows) = if tiled {
        (tags.number_or(tag::TILE_WIDTH, 0)?, tags.number_or(tag::TILE_LENGTH, 0)?)
    } else {
        let rows = tags.number_or(tag::ROWS_PER_STRIP, u64::MAX)?;
        (width.into(), rows.min(height.into()))
    };
    // A bound that keeps the products of sizes far from overflow.
    let sides = 1..=1 << 20;
    if sides.contains(&columns) && sides.contains(&rows) {
        Ok((columns as usize, rows as usize))
    } else {
        Err(corrupt("strip or tile size"))
    }
}

fn meaning(tags: &Directory, bits: u32, samples: u64) -> Result<Meaning, ImageError> {
    match (tags.number_or(tag::PHOTOMETRIC, 1)?, samples) {
        (inverted @ (0 | 1), _) => Ok(Meaning::Gray { inverted: inverted == 0 }),
        (2, 3..) => Ok(Meaning::Rgb),
        (3, _) => palette(tags, bits).map(Meaning::Palette),
        (5, 4..) => Ok(Meaning::Cmyk),
        (2 | 5, _) => Err(corrupt("samples per pixel")),
        _ => Err(unsupported("color space")),
    }
}

fn palette(tags: &Directory, bits: u32) -> Result<Palette, ImageError> {
    let map = tags.numbers(tag::COLOR_MAP)?.ok_or(corrupt("palette missing"))?;
    let entries = 1 << bits;
    if map.len() < 3 * entries {
        return Err(corrupt("palette length"));
    }
    // Values are of 16 bits, but some writers put 8 there.
    let max = if map.iter().all(|&value| value < 256) { 255 } else { 65_535 };
    let entry = |i: usize| [map[i], map[entries + i], map[2 * entries + i]].map(|v| v as u32);
    let gray = |[red, green, blue]: [u32; 3]| to_8_bit(luma(red, green, blue), max);
    let color = (0..entries).map(entry).any(|[r, g, b]| r != g || g != b);
    Ok(Palette { grays: (0..entries).map(|i| gray(entry(i))).collect(), color })
}

fn alpha(
    tags: &Directory,
    meaning: &Meaning,
    samples: usize,
) -> Result<Option<(usize, bool)>, ImageError> {
    let colors = match meaning {
        Meaning::Gray { .. } => 1,
        Meaning::Rgb => 3,
        Meaning::Cmyk => 4,
        Meaning::Palette(_) => return Ok(None),
    };
    let extra = tags.numbers(tag::EXTRA_SAMPLES)?.unwrap_or_default();
    let found = extra.iter().position(|&kind| kind == 1 || kind == 2);
    let alpha = found.map(|i| (colors + i, extra[i] == 1));
    Ok(alpha.filter(|&(index, _)| index < samples))
}

const fn unsupported(feature: &'static str) -> ImageError {
    ImageError::Unsupported { format: FORMAT, feature }
}
