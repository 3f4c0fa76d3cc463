//! From a file to templates: what every command does with the paths it is given.
//!
//! Resolution is never guessed silently. It is `--ppi`, else what the file says, else an estimate
//! from the distance between ridges; which of the three is in [`Resolution`] and in every answer.

use crate::output::Output;
use anyhow::Context;
use clap::Args;
use extraction::{ExtractionError, Parameters};
use formats::image::{DecodeLimits, DecodedImage, ImageError, ImageFormat};
use formats::template::TemplateError;
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;
use vocabulary::{FingerPosition, GrayImage, ImpressionType, Template};

/// Largest file read, in bytes: 100 million pixels of 16 bits, and some room.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Usual resolutions, and how near an estimate must come to mean one of them. Nearly all sensors
/// have 500 ppi and fingers differ by a fifth, so that prints of one finger agree only when the
/// estimate decides between usual values and does not measure.
const USUAL_PPI: [(f32, f32); 2] = [(500.0, 0.3), (1000.0, 0.2)];
/// Ridges less clear than this give no estimate worth using.
const CONFIDENCE_MIN: f32 = 0.2;

/// Where resolutions come from, for commands that read images.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ResolutionArgument {
    /// Resolution of the images in pixels per inch, for files that state none or a wrong one.
    #[arg(long, value_name = "PPI", value_parser = parse_ppi)]
    pub(crate) ppi: Option<f32>,
}

fn parse_ppi(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(ppi) if (50.0..=5000.0).contains(&ppi) => Ok(ppi),
        _ => Err("give a number of pixels per inch from 50 to 5000".to_owned()),
    }
}

/// How the resolution of an image came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub(crate) enum Resolution {
    /// Given on the command line or in a manifest.
    Given {
        /// Pixels per inch.
        ppi: f32,
    },
    /// Stated by the file.
    File {
        /// Pixels per inch.
        ppi: f32,
    },
    /// Estimated from the distance between ridges.
    Estimated {
        /// Pixels per inch taken.
        ppi: f32,
        /// Pixels per inch that the ridges say.
        ridges_say: f32,
    },
}

impl Resolution {
    /// Pixels per inch taken.
    pub(crate) const fn ppi(self) -> f32 {
        match self {
            Self::Given { ppi } | Self::File { ppi } | Self::Estimated { ppi, .. } => ppi,
        }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given { ppi } => write!(f, "{ppi:.0} ppi (given)"),
            Self::File { ppi } => write!(f, "{ppi:.0} ppi (stated by the file)"),
            Self::Estimated { ppi, ridges_say } => {
                write!(f, "{ppi:.0} ppi (estimated: the ridges say about {ridges_say:.0})")
            }
        }
    }
}

/// What a print was made from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// An image, extracted here.
    Image {
        /// Its pixels.
        image: GrayImage,
        /// Its format.
        format: ImageFormat,
        /// Its resolution.
        resolution: Resolution,
    },
    /// A template, taken as it is.
    Template,
}

/// One print of a file.
#[derive(Debug, Clone)]
pub(crate) struct Print {
    /// The file.
    pub(crate) path: PathBuf,
    /// Which print of the file, from 0.
    pub(crate) index: usize,
    /// How many prints the file holds.
    pub(crate) of: usize,
    /// SHA-256 of the file.
    pub(crate) digest: [u8; 32],
    /// What it was made from.
    pub(crate) source: Source,
    /// Its minutiae.
    pub(crate) template: Template,
}

impl Print {
    /// The path, and the number within the file where it holds several.
    pub(crate) fn name(&self) -> String {
        match self.of {
            1 => self.path.display().to_string(),
            _ => format!("{} [{}]", self.path.display(), self.index + 1),
        }
    }

    /// The image, when there is one.
    pub(crate) const fn image(&self) -> Option<&GrayImage> {
        match &self.source {
            Source::Image { image, .. } => Some(image),
            Source::Template => None,
        }
    }

    /// Where the resolution comes from, in words.
    pub(crate) fn resolution_text(&self) -> String {
        match &self.source {
            Source::Image { resolution, .. } => resolution.to_string(),
            Source::Template => "500 ppi (template)".to_owned(),
        }
    }

    /// The same print as an impression of this finger.
    pub(crate) fn at_position(mut self, position: FingerPosition) -> Self {
        let impression = self.template.header().impression;
        self.template = self.template.relabeled(position, impression);
        self
    }

    /// A print that is enrolled.
    pub(crate) fn enrolled(reference: node::Reference) -> Self {
        Self {
            path: PathBuf::from(reference.key.to_string()),
            index: 0,
            of: 1,
            digest: reference.digest,
            source: Source::Template,
            template: reference.template,
        }
    }

    /// What an answer says about it.
    pub(crate) fn summary(&self) -> PrintSummary {
        let header = self.template.header();
        let (format, resolution) = match &self.source {
            Source::Image { format, resolution, .. } => (format.to_string(), Some(*resolution)),
            Source::Template => ("template".to_owned(), None),
        };
        PrintSummary {
            file: self.name(),
            sha256: hexadecimal(&self.digest),
            format,
            resolution,
            position: header.position.name(),
            impression: header.impression.name(),
            width_px: header.width_px,
            height_px: header.height_px,
            quality: header.quality,
            minutiae: self.template.minutiae().len(),
        }
    }
}

/// What an answer says about a print. Sizes are at 500 ppi.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PrintSummary {
    /// Path, and number within the file.
    pub(crate) file: String,
    /// Of the file, in hexadecimal.
    pub(crate) sha256: String,
    /// Image format, or `template`.
    pub(crate) format: String,
    /// Where the resolution comes from; none for a template.
    pub(crate) resolution: Option<Resolution>,
    /// Finger.
    pub(crate) position: &'static str,
    /// Impression type.
    pub(crate) impression: &'static str,
    /// Width at 500 ppi.
    pub(crate) width_px: u16,
    /// Height at 500 ppi.
    pub(crate) height_px: u16,
    /// 0 to 100.
    pub(crate) quality: u8,
    /// How many.
    pub(crate) minutiae: usize,
}

/// Why a file gives no print. The texts do not repeat its name.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    /// It could not be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// There is none.
    #[error("there is no such file: check the path and the folder it is relative to")]
    Missing,
    /// It is a folder.
    #[error("it is a folder: give the files in it")]
    Folder,
    /// It has no bytes.
    #[error("the file is empty: export or copy it again")]
    Empty,
    /// It is larger than any print.
    #[error("the file is larger than {} MiB: give a single print", FILE_BYTES_MAX >> 20)]
    TooLarge,
    /// Its first bytes are unknown.
    #[error(
        "its first bytes belong to no format that tanba reads: give an image (PNG, TIFF, BMP, \
         JPEG, JPEG 2000, PGM, WSQ, ISO/IEC 19794-4) or a template (ISO/IEC 19794-2, ANSI 378)"
    )]
    UnknownFormat,
    /// It is a broken image.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// It is a broken template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Nothing says its resolution.
    #[error(
        "the file states no resolution and its ridges are not clear enough to estimate it: give \
         --ppi"
    )]
    UnknownResolution,
    /// Its pixels are not square.
    #[error(
        "its pixels are not square ({x:.0} x {y:.0} ppi): resample it to one resolution, or give \
         --ppi if the file is wrong"
    )]
    NotSquare {
        /// Pixels per inch across.
        x: f32,
        /// Pixels per inch down.
        y: f32,
    },
    /// It cannot be extracted.
    #[error(transparent)]
    Extraction(#[from] ExtractionError),
}

/// A file read, its type known.
pub(crate) struct File {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its content, as received.
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// Reads a file of bounded size; `-` is standard input.
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let bytes = if path.as_os_str() == "-" {
            bounded(io::stdin().lock())?
        } else if path.is_dir() {
            return Err(LoadError::Folder);
        } else {
            bounded(std::fs::File::open(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => LoadError::Missing,
                _ => LoadError::Read(error),
            })?)?
        };
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// SHA-256 of the content.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// Whether it holds templates rather than images.
    pub(crate) fn is_template(&self) -> bool {
        formats::template::sniff(&self.bytes).is_some()
    }

    /// The images in it.
    pub(crate) fn images(&self) -> Result<Vec<DecodedImage>, LoadError> {
        if formats::image::sniff(&self.bytes).is_none() {
            return Err(LoadError::UnknownFormat);
        }
        Ok(formats::image::decode_all(&self.bytes, &DecodeLimits::default())?)
    }

    /// All prints in it: images are extracted, templates taken as they are.
    pub(crate) fn prints(&self, ppi: Option<f32>) -> Result<Vec<Print>, LoadError> {
        self.prints_of_set(ppi, None)
    }

    /// The first print in it.
    pub(crate) fn first_print(&self) -> anyhow::Result<Print> {
        let name = || self.path.display().to_string();
        let prints = self.prints(None).with_context(name)?;
        prints.into_iter().next().with_context(|| format!("{} holds no print", name()))
    }

    /// The same for a file of a set from one sensor: `of_set` is taken where the file says nothing.
    pub(crate) fn prints_of_set(
        &self,
        ppi: Option<f32>,
        of_set: Option<Resolution>,
    ) -> Result<Vec<Print>, LoadError> {
        let digest = self.digest();
        let print = |index, of, source, template| {
            let path = self.path.clone();
            Print { path, index, of, digest, source, template }
        };
        if self.is_template() {
            let templates = formats::template::decode(&self.bytes)?;
            let of = templates.len();
            let prints = templates.into_iter().enumerate();
            return Ok(prints.map(|(i, t)| print(i, of, Source::Template, t)).collect());
        }
        let images = self.images()?;
        let of = images.len();
        let mut prints = Vec::with_capacity(of);
        for (index, decoded) in images.into_iter().enumerate() {
            let resolution = match (ppi, decoded.resolution, of_set) {
                (None, None, Some(of_set)) => of_set,
                _ => resolution_of(&decoded, ppi)?,
            };
            let parameters = Parameters::default();
            let template =
                extraction::extract_template(&decoded.image, resolution.ppi(), &parameters)?;
            let template = labeled(template, &decoded);
            let DecodedImage { image, format, .. } = decoded;
            let source = Source::Image { image, format, resolution };
            prints.push(print(index, of, source, template));
        }
        Ok(prints)
    }
}

/// Reads a file and gives all prints in it; see [`File::prints`].
pub(crate) fn load(path: &Path, ppi: Option<f32>) -> Result<Vec<Print>, LoadError> {
    File::read(path)?.prints(ppi)
}

/// Says which resolutions are estimates.
pub(crate) fn note_estimates(prints: &[Print], output: &Output) {
    for print in prints {
        if let Source::Image { resolution: Resolution::Estimated { .. }, .. } = print.source {
            let (name, resolution) = (print.name(), print.resolution_text());
            output.note(format!("{name}: {resolution}; give --ppi if you know it"));
        }
    }
}

/// The template with what its file says about finger and impression.
pub(crate) fn labeled(template: Template, decoded: &DecodedImage) -> Template {
    let position = decoded.finger.unwrap_or(FingerPosition::UNKNOWN);
    template.relabeled(position, decoded.impression.unwrap_or(ImpressionType::LIVE_SCAN_PLAIN))
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    reader.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(LoadError::Read)?;
    match bytes.len() as u64 {
        0 => Err(LoadError::Empty),
        length if length > FILE_BYTES_MAX => Err(LoadError::TooLarge),
        _ => Ok(bytes),
    }
}

/// The resolution of an image: given, else stated, else estimated.
pub(crate) fn resolution_of(
    decoded: &DecodedImage,
    given: Option<f32>,
) -> Result<Resolution, LoadError> {
    if let Some(ppi) = given {
        return Ok(Resolution::Given { ppi });
    }
    if let Some(stated) = decoded.resolution {
        let (x, y) = (stated.ppi_x, stated.ppi_y);
        // Half a percent is less than one ridge over a whole print.
        if (x - y).abs() > 0.005 * x.max(y) {
            return Err(LoadError::NotSquare { x, y });
        }
        return Ok(Resolution::File { ppi: x });
    }
    let ridges_say = ridges_say(decoded).ok_or(LoadError::UnknownResolution)?;
    Ok(usual_or_rounded(ridges_say))
}

/// What the ridges say about the resolution, when they are clear enough.
fn ridges_say(decoded: &DecodedImage) -> Option<f32> {
    let estimate = extraction::estimate_ppi(&decoded.image)?;
    (estimate.confidence >= CONFIDENCE_MIN).then_some(estimate.ppi)
}

/// The usual resolution near an estimate, else the estimate rounded to 10 ppi.
fn usual_or_rounded(ridges_say: f32) -> Resolution {
    let near = |(ppi, within): &(f32, f32)| (ridges_say / ppi - 1.0).abs() <= *within;
    let usual = USUAL_PPI.into_iter().find(near).map(|(ppi, _)| ppi);
    let ppi = usual.unwrap_or_else(|| (ridges_say / 10.0).round() * 10.0);
    Resolution::Estimated { ppi, ridges_say }
}

/// The resolution of a set of images from one sensor, from the median of what the ridges of those
/// say that state none: a single finger may be far off, the median of many is not.
pub(crate) fn resolution_of_set(files: &[PathBuf]) -> Option<Resolution> {
    let estimate = |path: &PathBuf| {
        let file = File::read(path).ok().filter(|file| !file.is_template())?;
        let decoded = file.images().ok()?.into_iter().next()?;
        decoded.resolution.is_none().then(|| ridges_say(&decoded)).flatten()
    };
    let mut estimates: Vec<f32> = files.par_iter().filter_map(estimate).collect();
    estimates.sort_unstable_by(f32::total_cmp);
    let median = *estimates.get(estimates.len() / 2)?;
    Some(usual_or_rounded(median))
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_file_is_cut_off_at_the_limit() {
        assert!(matches!(bounded(io::repeat(7)), Err(LoadError::TooLarge)));
        assert!(matches!(bounded(io::empty()), Err(LoadError::Empty)));
    }

    #[test]
    fn resolutions_say_where_they_come_from() {
        let estimated = Resolution::Estimated { ppi: 500.0, ridges_say: 531.4 };
        assert_eq!(estimated.to_string(), "500 ppi (estimated: the ridges say about 531)");
        assert!(parse_ppi("NaN").is_err() && parse_ppi("0").is_err() && parse_ppi("500").is_ok());
    }
}
