//! The samples with something else about them.

use crate::samples::{dna_card, loci, name, refusal};
use forms::{DnaCard, DnaProfile, Refusal};

/// An adult without a representative.
pub(crate) fn refusal_for_himself() -> Refusal {
    Refusal { representation: None, ..refusal() }
}

/// No name is longer than the cells of the decree.
pub(crate) fn refusal_with_short_names() -> Refusal {
    let mut form = refusal();
    form.declarant.name = name("Ім", "Әл", Some("Ғ"));
    form
}

/// No name is longer than the cells of the decree.
pub(crate) fn dna_card_with_short_names() -> DnaCard {
    DnaCard { name: name("Ім", "Әл", None), ..dna_card() }
}

/// Two loci more, which the form does not name.
pub(crate) fn profile_with_further_loci() -> DnaProfile {
    DnaProfile::new(loci(&["SE33", "Penta-E"])).unwrap()
}
