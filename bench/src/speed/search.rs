//! Enrollment and 1:N search through a node, on all cores, and the size of a reference.

use super::timing::quantile;
use super::{Arguments, Figure, figure};
use crate::progress;
use anyhow::{Context, Result, ensure};
use node::{EnrollOutcome, Enrollment, Node, NodeOptions};
use rayon::prelude::*;
use search::{Options, Probe, Silent};
use std::time::Instant;
use synthesis::templates::{ImpressionParameters, finger, impression};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId, Template};

/// Templates that one synced call enrolls.
const BATCH: u64 = 2_000;

/// Searches per gallery.
const SEARCHES: u64 = 40;

/// Fills a store to each size in turn and searches it.
pub(super) fn run(arguments: &Arguments, figures: &mut Vec<Figure>) -> Result<()> {
    let folder = tempfile::tempdir().context("a temporary folder for the store")?;
    let extractor = template(arguments.seed, 0, 0).header().extractor;
    let options = NodeOptions::new(extractor).creating();
    let node = Node::open(folder.path().join("data"), &options, |_| {})?;
    let mut enrolled = 0;
    let mut sizes = arguments.gallery.clone();
    sizes.sort_unstable();
    for size in sizes {
        enroll(&node, arguments.seed, enrolled..size, figures)?;
        enrolled = enrolled.max(size);
        search(&node, arguments.seed, size, figures)?;
    }
    let stats = node.stats()?;
    let resident = stats.bytes_resident_per_reference;
    figure(figures, "resident, per finger", resident, "bytes");
    let on_disk = stats.bytes_on_disk as f64 / stats.references as f64;
    figure(figures, "on disk without images, per finger", on_disk, "bytes");
    drop(node);
    reopen(folder.path(), &options, enrolled, figures)
}

/// One person per finger.
fn key(index: u64) -> Result<ImpressionKey> {
    Ok(ImpressionKey {
        subject: SubjectId::new(&format!("p{index:09}"))?,
        position: FingerPosition::new(2)?,
        impression: ImpressionLabel::new("1")?,
    })
}

fn template(seed: u64, index: u64, number: u64) -> Template {
    impression(&finger(seed, index), number, &ImpressionParameters::typical())
}

fn enroll(
    node: &Node,
    seed: u64,
    fingers: std::ops::Range<u64>,
    figures: &mut Vec<Figure>,
) -> Result<()> {
    let count = fingers.end.saturating_sub(fingers.start);
    let bar = progress::bar(&format!("enroll up to {}", fingers.end), count as usize);
    let mut seconds = 0.0;
    for start in fingers.clone().step_by(BATCH as usize) {
        let indices: Vec<u64> = (start..(start + BATCH).min(fingers.end)).collect();
        let one = |index: &u64| -> Result<Enrollment> {
            let template = template(seed, *index, 0);
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&index.to_le_bytes());
            Ok(Enrollment { key: key(*index)?, template, digest, image: None })
        };
        let batch: Vec<Enrollment> = indices.par_iter().map(one).collect::<Result<_>>()?;
        let length = batch.len();
        let run = Instant::now();
        let outcomes = node.enroll(batch)?;
        seconds += run.elapsed().as_secs_f64();
        let all = outcomes.iter().all(|outcome| *outcome == EnrollOutcome::Enrolled);
        ensure!(all && outcomes.len() == length, "a fresh finger was not enrolled");
        bar.inc(length as u64);
    }
    bar.finish_and_clear();
    let name = format!("enroll templates, synced every {BATCH}, up to {}", fingers.end);
    figure(figures, name, count as f64 / seconds, "fingers/s");
    Ok(())
}

fn search(node: &Node, seed: u64, size: u64, figures: &mut Vec<Figure>) -> Result<()> {
    let (mut times, mut found) = (Vec::new(), 0);
    for search in 0..SEARCHES {
        let index = search * (size / SEARCHES);
        let print = template(seed, index, 1)
            .relabeled(FingerPosition::new(2)?, vocabulary::ImpressionType::LIVE_SCAN_PLAIN);
        let start = Instant::now();
        let answer = node.identify(&Probe::single(print), &Options::default(), &Silent)?;
        times.push(start.elapsed().as_secs_f64());
        let scanned = answer.coverage.scanned_pairs;
        ensure!(scanned == size, "{scanned} of {size} references were scanned");
        found += u64::from(answer.candidates.rank_of(&key(index)?.subject) == Some(1));
    }
    ensure!(found * 10 >= SEARCHES * 8, "only {found} of {SEARCHES} mates came first");
    figure(figures, format!("1:{size}, one finger, median"), quantile(&mut times, 0.5) * 1e3, "ms");
    figure(figures, format!("1:{size}, one finger, 95 %"), quantile(&mut times, 0.95) * 1e3, "ms");
    let rate = found as f64 / SEARCHES as f64 * 100.0;
    figure(figures, format!("1:{size}, synthetic templates, rank 1"), rate, "%");
    Ok(())
}

fn reopen(
    folder: &std::path::Path,
    options: &NodeOptions,
    fingers: u64,
    figures: &mut Vec<Figure>,
) -> Result<()> {
    let start = Instant::now();
    let node = Node::open(folder.join("data"), options, |_| {})?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(node.stats()?.references == fingers, "a reference was lost over a restart");
    figure(figures, "load the gallery at start", fingers as f64 / seconds, "fingers/s");
    Ok(())
}
