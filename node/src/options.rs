//! How a node opens its folder.

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
#[derive(Debug, Clone, PartialEq)]
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
        }
    }

    /// The same, creating the folder when there is none.
    #[must_use]
    pub fn creating(mut self) -> Self {
        self.create = true;
        self
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
