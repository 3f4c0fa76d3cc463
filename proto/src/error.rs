//! What can be wrong with a message.

use thiserror::Error;

/// Why a message is none of ours. The name is that of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// A field that must be there is not.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A number outside its range.
    #[error("the field {0} is out of range")]
    Range(&'static str),
    /// Too many bytes or items, or too few.
    #[error("the field {0} has the wrong length")]
    Length(&'static str),
    /// A kind that this release does not know.
    #[error("the field {0} has a value that this release does not know")]
    Unknown(&'static str),
    /// Parts of a checkpoint that do not belong together.
    #[error("the parts of a checkpoint do not fit together")]
    Parts,
}
