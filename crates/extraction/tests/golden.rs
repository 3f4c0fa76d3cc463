//! The template of one synthetic print, as a hash: a change of the extractor's output, and a
//! machine that computes otherwise, show here. Raise `EXTRACTOR_VERSION` with every new hash.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use extraction::{EXTRACTOR_VERSION, Parameters, extract_template};
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint};
use vocabulary::Template;

/// Version and hash belong together.
const GOLDEN: (u16, u64) = (2, 0x31c3_90ed_3ca3_2a63);

/// 64-bit FNV-1a over everything that a template holds.
fn hash(template: &Template) -> u64 {
    let header = template.header();
    let mut bytes = Vec::new();
    let mut push = |value: u16| bytes.extend_from_slice(&value.to_le_bytes());
    [header.width_px, header.height_px, u16::from(header.quality)].into_iter().for_each(&mut push);
    for m in template.minutiae() {
        let kind_and_reliability = (m.kind() as u16) << 8 | u16::from(m.reliability());
        let fields = [m.x_16(), m.y_16(), m.direction().turns_65536(), kind_and_reliability];
        fields.into_iter().for_each(&mut push);
    }
    let flow = template.ridge_flow().unwrap();
    push(flow.columns());
    flow.cells().iter().for_each(|cell| push(u16::from(*cell)));
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

fn template() -> Template {
    let master = MasterPrint::generate(7, &MasterParameters { size: 0.6, class: None });
    let print = Impression::render(&master, 8, &ImpressionParameters::typical());
    extract_template(&print.image, 500.0, &Parameters::default()).unwrap()
}

#[test]
fn the_template_of_a_synthetic_print_is_the_same_on_every_machine() {
    let template = template();
    assert!(template.minutiae().len() > 15, "{} minutiae", template.minutiae().len());
    let found = (EXTRACTOR_VERSION.0, hash(&template));
    assert!(found == GOLDEN, "({}, {:#018x})", found.0, found.1);
}

#[test]
fn threads_beside_each_other_find_the_same() {
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(|| hash(&template()))).collect();
    let hashes: Vec<u64> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(hashes.iter().all(|hash| *hash == GOLDEN.1), "{hashes:x?}");
}
