//! What commands say and how: the answer to standard output, as a table or JSON, everything else to
//! standard error.

pub mod calendar;
pub mod output;
pub mod progress;
pub mod table;
pub mod words;
