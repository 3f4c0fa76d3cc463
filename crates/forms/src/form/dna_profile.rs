//! DNA profiles: loci and their alleles.

use crate::ValueError;
use std::fmt;

/// The loci of form 4-1 in its order: amelogenin and twenty autosomal STR loci.
pub(super) const NAMED: [&str; 21] = [
    "Amel", "D3S1358", "D1S1656", "D2S441", "D10S1248", "D13S317", "D16S539", "D18S51", "D2S1338",
    "CSF1PO", "TH01", "vWA", "D21S11", "D7S820", "D5S818", "TPOX", "D8S1179", "D12S391", "D19S433",
    "D22S1045", "FGA",
];

/// The name of a locus: 1 to 12 Latin letters, digits or hyphens, spelled as the form spells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocusName(String);

impl LocusName {
    /// Checks the characters.
    ///
    /// # Errors
    /// [`ValueError::LocusName`].
    pub fn new(given: &str) -> Result<Self, ValueError> {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !(1..=12).contains(&given.len()) || !given.chars().all(known) {
            return Err(ValueError::LocusName);
        }
        Ok(Self(given.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_amelogenin(&self) -> bool {
        self.0 == NAMED[0]
    }
}

/// An allele of an STR locus: whole repeats, and bases of an incomplete one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allele {
    repeats: u8,
    bases: u8,
}

impl Allele {
    /// 1 to 99 whole repeats and 0 to 9 further bases, written `9.3`.
    ///
    /// # Errors
    /// [`ValueError::Allele`].
    pub fn new(repeats: u8, bases: u8) -> Result<Self, ValueError> {
        if !(1..=99).contains(&repeats) || bases > 9 {
            return Err(ValueError::Allele);
        }
        Ok(Self { repeats, bases })
    }
}

impl fmt::Display for Allele {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bases {
            0 => write!(f, "{}", self.repeats),
            bases => write!(f, "{}.{bases}", self.repeats),
        }
    }
}

impl fmt::Debug for Allele {
    /// Without the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allele")
    }
}

/// What was found at a locus.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Alleles {
    /// Amelogenin, two X chromosomes.
    XX,
    /// Amelogenin, X and Y.
    XY,
    /// One allele.
    One(Allele),
    /// Two alleles.
    Two(Allele, Allele),
}

impl fmt::Display for Alleles {
    /// The smaller allele first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::XX => f.write_str("X, X"),
            Self::XY => f.write_str("X, Y"),
            Self::One(allele) => write!(f, "{allele}"),
            Self::Two(a, b) => write!(f, "{}, {}", a.min(b), a.max(b)),
        }
    }
}

/// Typed loci: at least one, none twice.
#[derive(Clone, PartialEq, Eq)]
pub struct DnaProfile(Vec<(LocusName, Alleles)>);

impl DnaProfile {
    /// A profile of typed loci in any order; a locus that was not typed is left out. Those that the
    /// form does not name are printed in the given order.
    ///
    /// # Errors
    /// [`ValueError::NoLocus`], [`ValueError::LocusTwice`], [`ValueError::AllelesOfAnotherKind`].
    pub fn new(typed: Vec<(LocusName, Alleles)>) -> Result<Self, ValueError> {
        if typed.is_empty() {
            return Err(ValueError::NoLocus);
        }
        for (index, (name, alleles)) in typed.iter().enumerate() {
            let position = index + 1;
            if typed[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(ValueError::LocusTwice { position });
            }
            if name.is_amelogenin() != matches!(alleles, Alleles::XX | Alleles::XY) {
                return Err(ValueError::AllelesOfAnotherKind { position });
            }
        }
        Ok(Self(typed))
    }

    /// Name and alleles of the 21 named loci, `None` where not typed.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, Option<Alleles>)> {
        NAMED.into_iter().map(|name| {
            let found = self.0.iter().find(|(locus, _)| locus.as_str() == name);
            (name, found.map(|(_, alleles)| *alleles))
        })
    }

    /// The typed loci that the form does not name.
    pub(super) fn further(&self) -> impl Iterator<Item = (&str, Alleles)> {
        let typed = self.0.iter().map(|(locus, alleles)| (locus.as_str(), *alleles));
        typed.filter(|(name, _)| !NAMED.contains(name))
    }
}

impl fmt::Debug for DnaProfile {
    /// The number of loci alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DnaProfile({} loci)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, alleles: Alleles) -> (LocusName, Alleles) {
        (LocusName::new(name).unwrap(), alleles)
    }

    #[test]
    fn alleles_are_integers_or_microvariants_and_the_smaller_stands_first() {
        let [nine, ten] = [(9, 3), (10, 0)].map(|(r, b)| Allele::new(r, b).unwrap());
        assert_eq!(Alleles::Two(ten, nine).to_string(), "9.3, 10");
        assert_eq!(Alleles::One(ten).to_string(), "10");
        for (repeats, bases) in [(0, 1), (100, 0), (9, 10)] {
            assert_eq!(Allele::new(repeats, bases), Err(ValueError::Allele));
        }
    }

    #[test]
    fn amelogenin_alone_has_x_and_y() {
        let one = Alleles::One(Allele::new(12, 0).unwrap());
        let another = |position| Err(ValueError::AllelesOfAnotherKind { position });
        assert!(DnaProfile::new(vec![typed("Amel", Alleles::XY), typed("FGA", one)]).is_ok());
        assert_eq!(DnaProfile::new(vec![typed("Amel", one)]), another(1));
        assert_eq!(DnaProfile::new(vec![typed("FGA", one), typed("vWA", Alleles::XX)]), another(2));
    }

    #[test]
    fn a_profile_has_a_locus_and_none_twice() {
        let one = Alleles::One(Allele::new(12, 0).unwrap());
        assert_eq!(DnaProfile::new(Vec::new()), Err(ValueError::NoLocus));
        let twice = vec![typed("FGA", one), typed("FGA", one)];
        assert_eq!(DnaProfile::new(twice), Err(ValueError::LocusTwice { position: 2 }));
    }
}
