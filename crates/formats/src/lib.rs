//! Image and template byte formats to and from the vocabulary.
