//! What is searched.

use crate::SearchError;
use vocabulary::{ExtractorVersion, Template};

/// The prints of one unknown person, of any fingers, several of one finger allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// The prints; a result names them by index.
    pub prints: Vec<Template>,
}

impl Probe {
    /// A probe of one print.
    pub fn single(print: Template) -> Self {
        Self { prints: vec![print] }
    }

    /// The extractor version of all prints, `None` without prints.
    ///
    /// # Errors
    /// [`SearchError::MixedProbe`] when they differ.
    pub fn extractor(&self) -> Result<Option<ExtractorVersion>, SearchError> {
        let mut versions = self.prints.iter().map(|print| print.header().extractor);
        let Some(first) = versions.next() else { return Ok(None) };
        match versions.find(|version| *version != first) {
            None => Ok(Some(first)),
            Some(other) => Err(SearchError::MixedProbe { first: first.0, second: other.0 }),
        }
    }
}
