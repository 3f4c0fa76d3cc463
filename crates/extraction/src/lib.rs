//! From a fingerprint image to a template, stage by stage.
