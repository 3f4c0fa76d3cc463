//! Extraction beside MINDTCT, one core, on the same images in the same run.

use super::timing::{fastest, quantile};
use super::{Arguments, Figure, figure};
use crate::baseline;
use crate::datasets::DATASETS;
use anyhow::{Context, Result, ensure};
use extraction::{Parameters, extract_template};
use formats::image::{DecodeLimits, decode};
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint};
use vocabulary::GrayImage;

/// Images per set.
const IMAGES: usize = 16;

/// Times every set that is there, and synthetic prints.
pub(super) fn run(arguments: &Arguments, figures: &mut Vec<Figure>) -> Result<()> {
    for set in &DATASETS {
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

fn synthetic(seed: u64) -> Vec<GrayImage> {
    let print = |index: u64| {
        let master = MasterPrint::generate(seed + index, &MasterParameters::default());
        Impression::render(&master, index, &ImpressionParameters::typical()).image
    };
    (0..IMAGES as u64).map(print).collect()
}

fn measure(name: &str, images: &[GrayImage], ppi: f32, figures: &mut Vec<Figure>) -> Result<()> {
    let parameters = Parameters::default();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for image in images {
        let expected = extract_template(image, ppi, &parameters)?;
        let mut result = Ok(expected.clone());
        ours.push(fastest(|| result = extract_template(image, ppi, &parameters)));
        ensure!(result? == expected, "{name}: two extractions of one image differ");
        theirs.push(fastest(|| drop(baseline::extract(image, ppi))));
    }
    let (ours, theirs) = (quantile(&mut ours, 0.5) * 1e3, quantile(&mut theirs, 0.5) * 1e3);
    figure(figures, format!("extraction, {name}, median"), ours, "ms/image");
    figure(figures, format!("MINDTCT, {name}, median"), theirs, "ms/image");
    figure(figures, format!("MINDTCT time / ours, {name}"), theirs / ours, "x");
    Ok(())
}
