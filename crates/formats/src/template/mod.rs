//! Template formats.
