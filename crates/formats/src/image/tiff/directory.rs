//! The tag directory that TIFF and Exif share.

use crate::image::{FileResolution, ImageError, ImageFormat};
use std::collections::BTreeMap;

const FORMAT: ImageFormat = ImageFormat::Tiff;
/// Most numbers in a tag: 16 planes of 100 million pixels in tiles of 16 x 16, and some more. Each
/// takes eight times the memory of its byte in the file.
const NUMBERS_MAX: usize = 1 << 23;

/// Tags used here, by their names in TIFF 6.0.
pub(in crate::image) mod tag {
    pub(in crate::image) const IMAGE_WIDTH: u16 = 256;
    pub(in crate::image) const IMAGE_LENGTH: u16 = 257;
    pub(in crate::image) const BITS_PER_SAMPLE: u16 = 258;
    pub(in crate::image) const COMPRESSION: u16 = 259;
    pub(in crate::image) const PHOTOMETRIC: u16 = 262;
    pub(in crate::image) const FILL_ORDER: u16 = 266;
    pub(in crate::image) const STRIP_OFFSETS: u16 = 273;
    pub(in crate::image) const ORIENTATION: u16 = 274;
    pub(in crate::image) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(in crate::image) const ROWS_PER_STRIP: u16 = 278;
    pub(in crate::image) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(in crate::image) const X_RESOLUTION: u16 = 282;
    pub(in crate::image) const Y_RESOLUTION: u16 = 283;
    pub(in crate::image) const PLANAR_CONFIGURATION: u16 = 284;
    pub(in crate::image) const RESOLUTION_UNIT: u16 = 296;
    pub(in crate::image) const PREDICTOR: u16 = 317;
    pub(in crate::image) const COLOR_MAP: u16 = 320;
    pub(in crate::image) const TILE_WIDTH: u16 = 322;
    pub(in crate::image) const TILE_LENGTH: u16 = 323;
    pub(in crate::image) const TILE_OFFSETS: u16 = 324;
    pub(in crate::image) const TILE_BYTE_COUNTS: u16 = 325;
    pub(in crate::image) const EXTRA_SAMPLES: u16 = 338;
    pub(in crate::image) const SAMPLE_FORMAT: u16 = 339;
}

/// The first directory of a file.
pub(in crate::image) struct Directory<'a> {
    file: &'a [u8],
    pub(super) little_endian: bool,
    big: bool,
    entries: BTreeMap<u16, Entry<'a>>,
}

/// A tag as stored.
struct Entry<'a> {
    kind: u16,
    count: u64,
    /// The field that holds the values or, where they are longer, their offset.
    field: &'a [u8],
}

impl<'a> Directory<'a> {
    /// Reads the header of `file` and its first directory.
    ///
    /// # Errors
    /// No TIFF signature, or a directory outside the file.
    pub(in crate::image) fn read(file: &'a [u8]) -> Result<Self, ImageError> {
        let little_endian = file.starts_with(b"II");
        if !little_endian && !file.starts_with(b"MM") {
            return Err(ImageError::WrongFormat { expected: FORMAT });
        }
        let mut directory = Self { file, little_endian, big: false, entries: BTreeMap::new() };
        let start = match directory.number(2, 2)? {
            42 => directory.number(4, 4)?,
            43 => {
                directory.big = true;
                directory.number(8, 8)?
            }
            _ => return Err(ImageError::WrongFormat { expected: FORMAT }),
        };
        directory.read_entries(start)?;
        Ok(directory)
    }

    fn read_entries(&mut self, start: u64) -> Result<(), ImageError> {
        let (count_bytes, entry_bytes, field_bytes) =
            if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(start, count_bytes)?;
        // Bounded by the file: the first entry beyond its end stops the loop.
        for i in 0..count {
            let at = i.checked_mul(entry_bytes).and_then(|at| at.checked_add(start + count_bytes));
            let at = at.ok_or(corrupt("directory"))?;
            let [tag, kind] = [self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16];
            let count = self.number(at + 4, field_bytes)?;
            let field = self.slice(at + 4 + field_bytes, field_bytes)?;
            self.entries.entry(tag).or_insert(Entry { kind, count, field });
        }
        Ok(())
    }

    /// Bytes of the file.
    pub(super) fn slice(&self, offset: u64, bytes: u64) -> Result<&'a [u8], ImageError> {
        let range = usize::try_from(offset)
            .ok()
            .zip(offset.checked_add(bytes))
            .and_then(|(start, end)| Some(start..usize::try_from(end).ok()?));
        range
            .and_then(|range| self.file.get(range))
            .ok_or(ImageError::Truncated { format: FORMAT, part: "data beyond the end" })
    }

    fn number(&self, offset: u64, bytes: u64) -> Result<u64, ImageError> {
        Ok(self.value(self.slice(offset, bytes)?))
    }

    fn value(&self, bytes: &[u8]) -> u64 {
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match self.little_endian {
            true => bytes.iter().rev().fold(0, join),
            false => bytes.iter().fold(0, join),
        }
    }

    /// The stored values of a tag, each `size` bytes long.
    fn values(
        &self,
        tag: u16,
    ) -> Result<Option<(u16, std::slice::ChunksExact<'a, u8>)>, ImageError> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(None) };
        let size = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => return Err(corrupt("tag type")),
        };
        let bytes = entry.count.checked_mul(size).ok_or(corrupt("tag length"))?;
        let stored = match entry.field.get(..bytes as usize) {
            Some(inline) => inline,
            None => self.slice(self.value(entry.field), bytes)?,
        };
        Ok(Some((entry.kind, stored.chunks_exact(size as usize))))
    }

    /// The whole numbers of a tag; `None` when it is absent.
    ///
    /// # Errors
    /// Values of another type, more than an image can use, or outside the file.
    fn whole(&self, tag: u16) -> Result<Option<impl Iterator<Item = u64>>, ImageError> {
        match self.values(tag)? {
            Some((1 | 3 | 4 | 16, values)) if values.len() <= NUMBERS_MAX => {
                Ok(Some(values.map(|v| self.value(v))))
            }
            Some((1 | 3 | 4 | 16, _)) => Err(corrupt("tag length")),
            Some(_) => Err(corrupt("tag type")),
            None => Ok(None),
        }
    }

    /// All whole numbers of a tag; `None` when it is absent.
    ///
    /// # Errors
    /// Values of another type, more than an image can use, or outside the file.
    pub(super) fn numbers(&self, tag: u16) -> Result<Option<Vec<u64>>, ImageError> {
        Ok(self.whole(tag)?.map(Iterator::collect))
    }

    /// The first whole number of a tag, or `default` where the tag is absent or empty.
    pub(super) fn number_or(&self, tag: u16, default: u64) -> Result<u64, ImageError> {
        Ok(self.whole(tag)?.and_then(|mut values| values.next()).unwrap_or(default))
    }

    fn rational(&self, tag: u16) -> Option<f64> {
        match self.values(tag).ok()?? {
            (5, mut values) => {
                let (numerator, denominator) = values.next()?.split_at(4);
                Some(self.value(numerator) as f64 / self.value(denominator) as f64)
            }
            _ => None,
        }
    }

    /// How rows and columns are turned, `1..=8`; 1, which is upright, where the file says nothing.
    pub(in crate::image) fn orientation(&self) -> u64 {
        self.number_or(tag::ORIENTATION, 1).unwrap_or(1)
    }

    /// Resolution where the file states one in a unit of length.
    pub(in crate::image) fn resolution(&self) -> Option<FileResolution> {
        let x = self.rational(tag::X_RESOLUTION)?;
        let y = self.rational(tag::Y_RESOLUTION)?;
        match self.number_or(tag::RESOLUTION_UNIT, 2).ok()? {
            2 => FileResolution::per_inch(x, y),
            3 => FileResolution::per_centimeter(x, y),
            _ => None,
        }
    }
}

pub(super) const fn corrupt(part: &'static str) -> ImageError {
    ImageError::Corrupt { format: FORMAT, part }
}
