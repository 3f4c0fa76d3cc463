//! The record that a clause lists.

use crate::Field;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The fields of one clause, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSet {
    /// Clause 13, 14, 14-1, 14-2 or 14-3.
    pub clause: String,
    /// How many items the clause has.
    pub items: u8,
    /// Its fields; several may share an item.
    pub fields: Vec<FieldRule>,
}

/// One field of a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// The field.
    pub field: Field,
    /// Whether it must be there.
    pub need: Need,
    /// The item of the clause.
    pub item: u8,
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Always.
    Mandatory,
    /// If its condition holds: a patronymic that the document shows, a number that the person has,
    /// a ban that the court set.
    Conditional,
    /// If the person wishes.
    Optional,
}

impl FieldSet {
    pub(super) fn check(&self) -> Result<(), String> {
        let items: BTreeSet<u8> = self.fields.iter().map(|rule| rule.item).collect();
        let fields: BTreeSet<Field> = self.fields.iter().map(|rule| rule.field).collect();
        let all = (1..=self.items).all(|item| items.contains(&item));
        if !all || items.len() != usize::from(self.items) || fields.len() != self.fields.len() {
            return Err(format!("clause {} lists each item, and each field once", self.clause));
        }
        Ok(())
    }

    /// Whether the clause lists a field, and how.
    pub fn need(&self, field: Field) -> Option<Need> {
        self.fields.iter().find(|rule| rule.field == field).map(|rule| rule.need)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Category, Field, Need, RuleSet};

    /// Which clauses list a field, in the order 13, 14, 14-1, 14-2, 14-3.
    fn listed(field: Field) -> String {
        let rules = RuleSet::decree_246();
        let sets = [Category::C1, Category::C7, Category::C5, Category::C8, Category::C6];
        let letter = |category| match rules.field_set(category).need(field) {
            Some(Need::Mandatory) => 'M',
            Some(Need::Conditional) => 'C',
            Some(Need::Optional) => 'O',
            None => '-',
        };
        sets.into_iter().map(letter).collect()
    }

    // Proves.
    #[test]
    fn each_clause_lists_exactly_its_fields() {
        use Field as F;
        for (field, expected) in [
            (F::Surname, "MMMMM"),
            (F::GivenName, "MMMMM"),
            (F::Patronymic, "CCCCC"),
            (F::BirthDate, "MMMMM"),
            (F::BirthPlace, "M----"),
            (F::Sex, "MMMMM"),
            (F::Ethnicity, "O----"),
            (F::Citizenship, "MMMMM"),
            (F::Photo, "MMMMM"),
            (F::Fingerprints, "MMMMM"),
            (F::Palmprints, "--MMM"),
            (F::IdentityDocument, "MMMMM"),
            (F::HolderSignature, "M----"),
            (F::Iin, "C----"),
            (F::RegistrationDate, "MMMMM"),
            (F::RegistrationBasis, "MMMMM"),
            (F::DocumentIssuingAuthority, "M----"),
            (F::Officer, "MMMMM"),
            (F::Visa, "-M---"),
            (F::VisaIssuingAuthority, "-M---"),
            (F::PermanentAddressAbroad, "--M--"),
            (F::TemporaryAddressKz, "--M--"),
            (F::HostPartyAddress, "--M--"),
            (F::Expulsion, "---M-"),
            (F::EntryBanUntil, "---C-"),
            (F::PriorPermission, "----M"),
            (F::PlannedPermanentAddress, "----M"),
            (F::PermanentResidenceAuthority, "----M"),
        ] {
            assert_eq!(listed(field), expected, "{field}");
        }
        let rules = RuleSet::decree_246();
        for category in [Category::C2, Category::C3, Category::C4, Category::C9] {
            assert_eq!(rules.field_set(category).clause, "13");
        }
    }
}
