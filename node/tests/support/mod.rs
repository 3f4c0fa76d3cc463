//! Synthetic enrollments and an open folder, for the tests of a node.

#![allow(dead_code, unreachable_pub, reason = "every test file uses another part")]

use node::{Enrollment, Node, NodeError, NodeOptions, StoredImage};
use sha2::{Digest, Sha256};
use std::path::Path;
use synthesis::templates::{self, ImpressionParameters};
use vocabulary::{FingerPosition, ImpressionKey, ImpressionLabel, SubjectId, Template};

pub fn subject(text: &str) -> SubjectId {
    SubjectId::new(text).unwrap()
}

pub fn position(code: u8) -> FingerPosition {
    FingerPosition::new(code).unwrap()
}

pub fn key(person: &str, code: u8, impression: &str) -> ImpressionKey {
    ImpressionKey {
        subject: subject(person),
        position: position(code),
        impression: ImpressionLabel::new(impression).unwrap(),
    }
}

/// Impression `impression` of finger `finger`; equal numbers give equal templates.
pub fn template(finger: u64, impression: u64) -> Template {
    let finger = templates::finger(7, finger);
    templates::impression(&finger, impression, &ImpressionParameters::good())
}

/// Bytes that no compression shortens, told apart by their seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let blocks = (0u64..).flat_map(|block| {
        Sha256::digest([seed.to_le_bytes(), block.to_le_bytes()].concat()).to_vec()
    });
    blocks.take(length).collect()
}

/// An enrollment whose image is [`noise`].
pub fn enrollment(key: ImpressionKey, template: Template, seed: u64, bytes: usize) -> Enrollment {
    let bytes = noise(seed, bytes);
    let digest = Sha256::digest(&bytes).into();
    Enrollment { key, template, digest, image: Some(StoredImage { bytes, ppi: 500.0 }) }
}

pub fn options() -> NodeOptions {
    NodeOptions::new(template(0, 0).header().extractor)
}

pub fn open(dir: &Path) -> Result<Node, NodeError> {
    Node::open(dir, &options().creating(), |_| {})
}

/// Every file below a folder that holds the bytes.
pub fn files_with(dir: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if std::fs::read(&path).unwrap().windows(needle.len()).any(|w| w == needle) {
            found.push(path.display().to_string());
        }
    }
    found
}
