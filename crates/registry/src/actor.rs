//! Who gives a command.

use crate::{AccountId, BodyId, BodyKind, Role, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// A body or unit of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its entry in the directory.
    pub id: BodyId,
    /// What it is.
    pub kind: BodyKind,
    /// As forms print it.
    pub name: Text,
    /// Minutes that its local time is ahead of UTC.
    pub utc_offset_minutes: i16,
}

impl Body {
    /// Its local time; offsets beyond a day count as UTC.
    pub fn offset(&self) -> Offset {
        Offset::from_seconds(i32::from(self.utc_offset_minutes) * 60).unwrap_or(Offset::UTC)
    }

    /// Its local date (OP-41).
    pub fn date(&self, at: Timestamp) -> Date {
        self.offset().to_datetime(at).date()
    }
}

/// An officer's name, from the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerName {
    /// Surname.
    pub surname: Text,
    /// Given name.
    pub given_name: Text,
    /// If and only if the officer's identity document shows one.
    pub patronymic: Option<Text>,
}

/// An authenticated account with its authority, as the shell established it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// What it is within its body.
    pub role: Role,
    /// The body.
    pub body: Body,
    /// Its name; a system has that of its body.
    pub name: OfficerName,
    /// Position, as forms print it.
    pub position: Text,
    /// Rank, if it has one.
    pub rank: Option<Text>,
    /// The capture station or terminal.
    pub station: Option<Text>,
}

impl Actor {
    /// Whether a neighboring system speaks, not a person.
    pub fn is_system(&self) -> bool {
        self.body.kind == BodyKind::System || self.role == Role::BorderSystem
    }
}
