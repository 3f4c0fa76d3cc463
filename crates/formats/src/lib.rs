//! Byte formats to and from the vocabulary: images in [`image`], templates in [`template`]; what
//! names of files say in [`naming`].
//!
//! Every decoder takes bytes that anyone may have written. It validates sizes before it allocates,
//! returns a typed error for what it cannot use, and neither panics nor performs I/O.

pub mod image;
pub mod naming;
pub mod template;
