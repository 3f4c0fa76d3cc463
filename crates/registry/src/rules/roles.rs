//! Who may do what.

use crate::{Action, BodyKind, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One role: the bodies that employ it and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// The role.
    pub role: Role,
    /// Where it exists.
    pub bodies: BTreeSet<BodyKind>,
    /// What it may do.
    pub may: BTreeSet<Action>,
}
