//! Self-contained HTML reports: nothing is fetched, nothing runs.

pub(crate) mod comparison;
pub(crate) mod demonstration;
pub(crate) mod evaluation;
pub(crate) mod identification;
pub(crate) mod parts;
pub(crate) mod side_by_side;
pub(crate) mod verification;
pub(crate) mod words;

pub(crate) use charts::{Html, Page, definitions, element, escape, figure, grid, html_table, join};
