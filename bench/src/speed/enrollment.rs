//! Enrolling images: from files on disk to acknowledged references, on all cores, as `tanba enroll`
//! does it.

use super::{Arguments, extraction};
use crate::datasets;
use crate::figure::{Figure, Figures};
use crate::progress;
use crate::samples::Samples;
use ::extraction::{EXTRACTOR_VERSION, Parameters, extract_template};
use anyhow::{Context, Result, ensure};
use formats::image::{DecodeLimits, decode, png};
use indicatif::ProgressBar;
use node::{EnrollOutcome, Enrollment, Node, NodeOptions, StoredImage};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Instant;
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId};

/// Images extracted together and written with one disk sync, the command's default.
const BATCH: usize = 64;

/// Images in all, spread over the sets.
const IMAGES: usize = 512;

/// A file to enroll.
struct File {
    path: PathBuf,
    ppi: f32,
}

/// Enrolls the same files twice: with their images kept and without.
pub(super) fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir().context("a temporary folder for the images")?;
    let files = write_files(arguments, folder.path())?;
    for keep_images in [true, false] {
        let rates = enroll(&files, keep_images)?;
        let kept = if keep_images { "images kept" } else { "images not kept" };
        let name = format!("enroll image files, {kept}");
        figures.add(Figure::median(name, &rates, "images/s"))?;
    }
    Ok(())
}

/// Puts images of every set, or synthetic ones where there is none, into a folder.
fn write_files(arguments: &Arguments, folder: &Path) -> Result<Vec<File>> {
    let mut images: Vec<(Vec<u8>, f32)> = Vec::new();
    for set in datasets::named(&arguments.set) {
        let prints = set.load(&arguments.data)?.unwrap_or_default();
        images.extend(prints.into_iter().map(|print| (print.bytes, set.ppi)));
    }
    if images.is_empty() {
        eprintln!("no sample set in {}: synthetic images", arguments.data.display());
        let synthetic = extraction::synthetic(arguments.seed);
        images = synthetic.iter().map(|image| (png::encode(image, Some(500)), 500.0)).collect();
    }
    let step = images.len().div_ceil(IMAGES).max(1);
    let mut files = Vec::new();
    for (index, (bytes, ppi)) in images.into_iter().step_by(step).enumerate() {
        let path = folder.join(index.to_string());
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        files.push(File { path, ppi });
    }
    Ok(files)
}

/// Images per second of each batch.
fn enroll(files: &[File], keep_images: bool) -> Result<Samples> {
    let folder = tempfile::tempdir().context("a temporary folder for the store")?;
    let options = NodeOptions::new(EXTRACTOR_VERSION).creating();
    let node = Node::open(folder.path().join("data"), &options, |_| {})?;
    let bar = progress::bar("enroll images", files.len());
    let mut rates = Vec::new();
    for (number, batch) in files.chunks(BATCH).enumerate() {
        let start = Instant::now();
        let read = |(index, file): (usize, &File)| {
            enrollment(number * BATCH + index, file, keep_images, &bar)
        };
        let enrollments: Result<Vec<Enrollment>> = batch.par_iter().enumerate().map(read).collect();
        let outcomes = node.enroll(enrollments?)?;
        let seconds = start.elapsed().as_secs_f64();
        let all = outcomes.iter().all(|outcome| *outcome == EnrollOutcome::Enrolled);
        ensure!(all && outcomes.len() == batch.len(), "a fresh print was not enrolled");
        // A last batch that is not full has the whole cost of a sync on few images.
        if batch.len() == BATCH || rates.is_empty() {
            rates.push(batch.len() as f64 / seconds);
        }
    }
    bar.finish_and_clear();
    check(&node, files, keep_images)?;
    Ok(Samples::new(rates))
}

fn key(index: usize) -> Result<ImpressionKey> {
    Ok(ImpressionKey {
        subject: SubjectId::new(&format!("f{index}"))?,
        position: FingerPosition::UNKNOWN,
        impression: ImpressionLabel::new("1")?,
    })
}

/// Reads, decodes and extracts one file.
fn enrollment(
    index: usize,
    file: &File,
    keep_images: bool,
    bar: &ProgressBar,
) -> Result<Enrollment> {
    let name = || file.path.display().to_string();
    let bytes = std::fs::read(&file.path).with_context(name)?;
    let digest = Sha256::digest(&bytes).into();
    let image = decode(&bytes, &DecodeLimits::default()).with_context(name)?.image;
    let template = extract_template(&image, file.ppi, &Parameters::default()).with_context(name)?;
    let image = keep_images.then_some(StoredImage { bytes, ppi: file.ppi });
    bar.inc(1);
    Ok(Enrollment { key: key(index)?, template, digest, image })
}

/// Every print must be there, with its image as it was read or without one.
fn check(node: &Node, files: &[File], keep_images: bool) -> Result<()> {
    let stats = node.stats()?;
    let images = if keep_images { files.len() as u64 } else { 0 };
    ensure!(stats.references == files.len() as u64, "a reference is missing from the store");
    ensure!(stats.images == images, "{} images are stored, not {images}", stats.images);
    for (index, file) in files.iter().enumerate().step_by(37) {
        let stored = node.image(&key(index)?)?.map(|image| image.bytes);
        let bytes = std::fs::read(&file.path)?;
        ensure!(stored == keep_images.then_some(bytes), "a stored image is not the file");
    }
    Ok(())
}
