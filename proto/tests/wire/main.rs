//! The wire: what crosses it, and what is refused.

mod any;
mod crossing;
