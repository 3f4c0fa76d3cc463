//! The same seed gives the same bits on every machine and in every release: a change here is a
//! change of every synthetic data set, and belongs in the CHANGELOG.

use sha2::{Digest, Sha256};
use synthesis::templates;
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint, derive_seed};
use vocabulary::{GrayImage, Minutia};

fn digest(image: Option<&GrayImage>, minutiae: &[Minutia]) -> String {
    let mut hash = Sha256::new();
    if let Some(image) = image {
        hash.update(image.width().to_le_bytes());
        hash.update(image.height().to_le_bytes());
        hash.update(image.pixels());
    }
    for minutia in minutiae {
        hash.update(minutia.x_16().to_le_bytes());
        hash.update(minutia.y_16().to_le_bytes());
        hash.update(minutia.direction().turns_65536().to_le_bytes());
        hash.update([minutia.kind() as u8, minutia.reliability()]);
    }
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_seed_gives_these_bits() {
    let seed = derive_seed(2026, [1, 2, 3]);
    let master = MasterPrint::generate(seed, &MasterParameters { class: None, size: 0.6 });
    let typical = Impression::render(&master, 5, &ImpressionParameters::typical());
    let poor = Impression::render(&master, 6, &ImpressionParameters::poor());
    let finger = templates::finger(7, 8);
    let template = templates::impression(&finger, 9, &templates::ImpressionParameters::typical());
    let found = [
        format!("{seed:016x}"),
        digest(Some(&master.image()), master.minutiae()),
        digest(Some(&typical.image), &typical.minutiae),
        digest(Some(&poor.image), &poor.minutiae),
        digest(None, finger.template().minutiae()),
        digest(None, template.minutiae()),
    ];
    let expected = [
        "36fd27ec5b6635f0",
        "0463d43da0b0f3ee",
        "9325d8bc2ee8a4d6",
        "33788894f624ca2c",
        "128650520b887c66",
        "815365e728e2caf8",
    ];
    assert_eq!(found, expected);
}
