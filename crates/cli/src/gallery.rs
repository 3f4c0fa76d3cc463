//! Opening a gallery folder and searching it, with progress.

use crate::load::{File, Print, Source};
use crate::output::Output;
use crate::progress::Progress;
use anyhow::Context;
use node::{Enrollment, Node, NodeOptions, StoredImage};
use std::path::Path;
use std::sync::OnceLock;
use vocabulary::{ImpressionKey, TEMPLATE_PPI};

/// The options every command opens a gallery with.
pub(crate) fn options() -> NodeOptions {
    NodeOptions::new(extraction::EXTRACTOR_VERSION)
}

/// Opens a gallery and shows how far loading is.
pub(crate) fn open(dir: &Path, options: &NodeOptions, output: &Output) -> anyhow::Result<Node> {
    let mut progress: Option<Progress> = None;
    let node = Node::open(dir, options, |load| {
        let bar = || output.brief_progress("Loading the gallery", load.expected);
        progress.get_or_insert_with(bar).set(load.loaded);
    });
    drop(progress);
    node.context("the gallery could not be opened")
}

/// A print to enroll, with the file that it came from.
pub(crate) fn enrollment(key: ImpressionKey, file: File, print: &Print) -> Enrollment {
    let ppi = match &print.source {
        Source::Image { resolution, .. } => resolution.ppi(),
        Source::Template => TEMPLATE_PPI as f32,
    };
    Enrollment {
        key,
        template: print.template.clone(),
        digest: print.digest,
        image: Some(StoredImage { bytes: file.bytes, ppi }),
    }
}

/// Shows the stages of one search.
pub(crate) struct SearchProgress<'a> {
    output: &'a Output,
    stages: [OnceLock<Progress>; 3],
}

impl<'a> SearchProgress<'a> {
    /// For one search.
    pub(crate) fn new(output: &'a Output) -> Self {
        Self { output, stages: std::array::from_fn(|_| OnceLock::new()) }
    }
}

impl search::Progress for SearchProgress<'_> {
    fn advance(&self, stage: search::Stage, done: u64, total: u64) {
        let (index, what) = match stage {
            search::Stage::Scan => (0, "Scanning the gallery"),
            search::Stage::Rescore => (1, "Comparing the best"),
            search::Stage::Align => (2, "Aligning the best"),
        };
        self.stages[index].get_or_init(|| self.output.brief_progress(what, total)).set(done);
    }
}
