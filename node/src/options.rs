//! How a node opens its folder.

use search::{Kernels, TwinKernels};
use std::fmt;
use std::sync::Arc;
use vocabulary::ExtractorVersion;

/// What to do about a reference whose record on disk is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDamage {
    /// Do not open: a gallery with a hole could answer "not found" in error.
    #[default]
    Refuse,
    /// Leave it out and list it in [`crate::Node::damaged`].
    LeaveOut,
}

/// Options of [`crate::Node::open`].
#[derive(Clone)]
pub struct NodeOptions {
    /// Create the folder when there is none.
    pub create: bool,
    /// What to do about damaged references.
    pub on_damage: OnDamage,
    /// Pack all references again when the folder was built with other matching parameters, instead
    /// of refusing it. Templates stay as they are.
    pub repack: bool,
    /// Version of the extractor in use; the folder holds its templates and foreign ones.
    pub extractor: ExtractorVersion,
    /// Matching parameters in use.
    pub parameters: matching::Parameters,
    /// Where stage 1 runs: the processor, unless devices are given.
    pub kernels: Arc<dyn Kernels>,
}

impl NodeOptions {
    /// Opens an existing folder, refuses damage, matches with the default parameters.
    pub fn new(extractor: ExtractorVersion) -> Self {
        Self {
            create: false,
            on_damage: OnDamage::Refuse,
            repack: false,
            extractor,
            parameters: matching::Parameters::default(),
            kernels: Arc::new(TwinKernels::new()),
        }
    }

    /// The same, creating the folder when there is none.
    #[must_use]
    pub fn creating(mut self) -> Self {
        self.create = true;
        self
    }

    /// The same, with stage 1 on other hardware.
    #[must_use]
    pub fn on(mut self, kernels: Arc<dyn Kernels>) -> Self {
        self.kernels = kernels;
        self
    }
}

impl fmt::Debug for NodeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeOptions")
            .field("create", &self.create)
            .field("on_damage", &self.on_damage)
            .field("repack", &self.repack)
            .field("extractor", &self.extractor)
            .field("kernels", &self.kernels.name())
            .finish_non_exhaustive()
    }
}

/// How far the loading of the gallery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadProgress {
    /// References loaded.
    pub loaded: u64,
    /// References expected; an estimate until the end.
    pub expected: u64,
}
