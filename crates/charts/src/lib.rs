//! Self-contained HTML pages with tables and SVG charts: nothing is fetched, nothing runs.
//!
//! A [`Page`] is built from pieces of [`Html`], which a text enters only escaped, so that no file
//! name or identifier can break a page. A [`Chart`] is one such piece.

mod chart;
mod html;
mod page;

pub use chart::{Axis, Chart, Scale, Series, Stroke, Unit, prefixed};
pub use html::{Html, element, escape, join};
pub use page::{Page, definitions, figure, grid, html_table};
