//! A probe against a gallery: stages, shortlist, person fusion, candidate list.
