//! Self-contained HTML reports: nothing is fetched, nothing runs.

pub(crate) mod chart;
pub(crate) mod comparison;
pub(crate) mod demonstration;
pub(crate) mod evaluation;
mod html;
pub(crate) mod identification;
mod page;
pub(crate) mod parts;
pub(crate) mod side_by_side;
pub(crate) mod verification;
pub(crate) mod words;

pub(crate) use html::{Html, element, escape, join};
pub(crate) use page::{Page, definitions, figure, grid, html_table};
