//! Extraction beside MINDTCT, one core, on the same images in the same run.

use super::Arguments;
use crate::baseline;
use crate::datasets;
use crate::figure::{Better, Figure, Figures};
use crate::samples::Samples;
use anyhow::{Context, Result, ensure};
use extraction::{Parameters, extract_template};
use formats::image::{DecodeLimits, decode};
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint};
use vocabulary::GrayImage;

/// Images per set.
const IMAGES: usize = 16;

/// Times every set that is there, and synthetic prints.
pub(super) fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    for set in datasets::named(&arguments.set) {
        let Some(prints) = set.load(&arguments.data)? else {
            eprintln!("skipped: {} is not in {}", set.name, arguments.data.display());
            continue;
        };
        let step = (prints.len() / IMAGES).max(1);
        let images: Result<Vec<GrayImage>> = prints
            .iter()
            .step_by(step)
            .take(IMAGES)
            .map(|print| {
                let decoded = decode(&print.bytes, &DecodeLimits::default());
                Ok(decoded.with_context(|| format!("{}: {}", set.name, print.finger))?.image)
            })
            .collect();
        measure(set.name, &images?, set.ppi, figures)?;
    }
    measure("synthetic", &synthetic(arguments.seed), 500.0, figures)
}

pub(super) fn synthetic(seed: u64) -> Vec<GrayImage> {
    let print = |index: u64| {
        let master = MasterPrint::generate(seed + index, &MasterParameters::default());
        Impression::render(&master, index, &ImpressionParameters::typical()).image
    };
    (0..IMAGES as u64).map(print).collect()
}

fn measure(name: &str, images: &[GrayImage], ppi: f32, figures: &mut Figures) -> Result<()> {
    let parameters = Parameters::default();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for image in images {
        let expected = extract_template(image, ppi, &parameters)?;
        let mut result = Ok(expected.clone());
        let seconds = Samples::of_seconds(|| result = extract_template(image, ppi, &parameters));
        ours.push(seconds.min() * 1e3);
        ensure!(result? == expected, "{name}: two extractions of one image differ");
        let seconds = Samples::of_seconds(|| drop(baseline::extract(image, ppi)));
        theirs.push(seconds.min() * 1e3);
    }
    let (ours, theirs) = (Samples::new(ours), Samples::new(theirs));
    figures.add(Figure::median(format!("extraction, {name}, median"), &ours, "ms/image"))?;
    figures.add(Figure::median(format!("MINDTCT, {name}, median"), &theirs, "ms/image"))?;
    let ratio = theirs.median() / ours.median();
    let name = format!("MINDTCT time / ours, {name}");
    figures.add(Figure::new(name, ratio, "x").better_when(Better::Larger))
}
