//! The neighbouring systems: who is told what.

use crate::EffectId;
use crate::vault::write_whole;
use registry::Effect;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A neighbouring system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Port {
    /// Orders and marks: the document-issuance application.
    DocumentApplication,
    /// Cabinet of the portal, short messages, letters.
    Notices,
    /// Forms, information and answers: the document management system.
    DocumentManagement,
    /// What officers and heads of units are told.
    Alerts,
}

impl Port {
    /// Its name in paths.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DocumentApplication => "document-application",
            Self::Notices => "notices",
            Self::DocumentManagement => "document-management",
            Self::Alerts => "alerts",
        }
    }
}

/// What a neighbour is told; repeated under the same name, it is told the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The same for ever: told again, it is to be ignored.
    pub id: String,
    /// When the command behind it was carried out.
    pub at: jiff::Timestamp,
    /// What.
    pub effect: Effect,
}

/// Why a neighbour was not told: it is told later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{port} could not be told: {reason}", port = port.name())]
pub struct NeighbourError {
    /// Who.
    pub port: Port,
    /// Why.
    pub reason: String,
}

/// Tells the neighbouring systems.
pub trait Neighbours {
    /// Tells one of them; when this returned, the message is there for good.
    ///
    /// # Errors
    /// When it cannot be reached.
    fn tell(&mut self, port: Port, message: &Message) -> Result<(), NeighbourError>;
}

/// One file a message in a folder per neighbour, there whole or not at all; the neighbour takes the
/// files away.
#[derive(Debug, Clone)]
pub struct FileDrop {
    folder: PathBuf,
}

impl FileDrop {
    /// In a folder, which is made with the first message.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The name of the file of an effect.
    pub fn path(&self, port: Port, effect: EffectId) -> PathBuf {
        self.folder.join(port.name()).join(format!("{effect}.json"))
    }
}

impl Neighbours for FileDrop {
    fn tell(&mut self, port: Port, message: &Message) -> Result<(), NeighbourError> {
        let path = self.folder.join(port.name()).join(format!("{}.json", message.id));
        let mut text = serde_json::to_vec_pretty(message).expect("texts, numbers and lists");
        text.push(b'\n');
        write_whole(&path, &text)
            .map_err(|e| NeighbourError { port, reason: format!("{}: {e}", path.display()) })
    }
}
