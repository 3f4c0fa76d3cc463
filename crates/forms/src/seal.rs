//! What binds a sheet of paper to its case: a digest of everything filled in, carried by a QR code.

use crate::number::is_case_number;
use crate::{FormCode, ValueError};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The first word of the code's text; the figure is the version of both text and digest.
const MAGIC: &str = "TANBA1";

/// A field of a form and what is filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in section 4 of the rules.
    pub name: &'static str,
    /// As printed; empty where the form has a blank.
    pub value: String,
}

impl fmt::Debug for Field {
    /// Without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Form, case number and digest, as the QR code says them.
///
/// The text is `TANBA1 <form> <case number> <64 hexadecimal digits>` in capitals, which a QR code
/// holds in its alphanumeric mode. The digest is the SHA-256 of `TANBA1`, form, case number, and
/// name and value of every field in the order of the form; before each of these stands its length
/// in bytes, 8 bytes big-endian. So a registry that has the case can say whether a paper is the one
/// it printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal {
    form: FormCode,
    case_number: String,
    digest: [u8; 32],
}

impl Seal {
    pub(crate) fn new(form: FormCode, case_number: &str, fields: &[Field]) -> Self {
        let mut hash = Sha256::new();
        let named = fields.iter().flat_map(|field| [field.name, field.value.as_str()]);
        for part in [MAGIC, form.number(), case_number].into_iter().chain(named) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self { form, case_number: case_number.to_owned(), digest: hash.finalize().into() }
    }

    /// The form.
    pub fn form(&self) -> FormCode {
        self.form
    }

    /// The case.
    pub fn case_number(&self) -> &str {
        &self.case_number
    }

    /// The digest of everything filled in.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// 64 capital hexadecimal digits.
    pub fn digest_hex(&self) -> String {
        self.digest.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

impl fmt::Debug for Seal {
    /// Without the digest: whoever guesses what a form says could prove it by that.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({}, {})", self.form.number(), self.case_number)
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MAGIC} {} {} {}", self.form.number(), self.case_number, self.digest_hex())
    }
}

impl FromStr for Seal {
    type Err = ValueError;

    /// Reads what a scanner read.
    ///
    /// # Errors
    /// [`ValueError::Seal`].
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let parts: Vec<&str> = text.split(' ').collect();
        let [MAGIC, form, case_number, hex] = parts[..] else { return Err(ValueError::Seal) };
        let form = FormCode::ALL.into_iter().find(|code| code.number() == form);
        let (Some(form), Some(digest), true) = (form, bytes_of(hex), is_case_number(case_number))
        else {
            return Err(ValueError::Seal);
        };
        Ok(Self { form, case_number: case_number.to_owned(), digest })
    }
}

fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    if hex.len() != 64 || !digits {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(&hex[2 * pair..2 * pair + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(name: &'static str, value: &str) -> Seal {
        let field = Field { name, value: value.into() };
        Seal::new(FormCode::CopyRequest, "ALA-1", &[field])
    }

    #[test]
    fn the_text_of_the_code_reads_back() {
        let seal = seal("date", "26.11.2026");
        assert_eq!(seal.to_string().parse(), Ok(seal.clone()));
        let text = seal.to_string();
        for broken in [
            text.replace("TANBA1", "TANBA2"),
            text.replace("3-2", "3-9"),
            text.replace("ALA-1 ", ""),
            text.replace("ALA-1", "ala-1"),
            text[..text.len() - 1].to_owned(),
            text.replace(&seal.digest_hex(), &seal.digest_hex().to_lowercase()),
            format!("{text} "),
        ] {
            assert_eq!(broken.parse::<Seal>(), Err(ValueError::Seal), "{broken}");
        }
    }

    #[test]
    fn the_digest_changes_with_name_and_value_and_where_one_ends() {
        let one = seal("date", "26.11.2026").digest();
        assert_ne!(one, seal("date", "26.11.2027").digest());
        assert_ne!(one, seal("birth_date", "26.11.2026").digest());
        assert_ne!(seal("ab", "c").digest(), seal("a", "bc").digest());
    }

    #[test]
    fn the_digest_is_the_one_that_the_documentation_defines() {
        let mut bytes = Vec::new();
        for part in ["TANBA1", "3-2", "ALA-1", "date", "26.11.2026"] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        assert_eq!(seal("date", "26.11.2026").digest(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    }
}
