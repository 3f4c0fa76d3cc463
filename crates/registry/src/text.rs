//! Texts that people write: names, addresses, reasons.

use crate::Denied;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A personal datum: what it holds is stored and printed on forms, but `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(pub T);

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(private)")
    }
}

/// A text of a person in Unicode normalization form C, with what was typed where it differs, so
/// that equal names compare equal and the document's own spelling is never lost.
///
/// On the wire it is what was typed; the other form is computed again and checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text {
    normal: String,
    original: Option<String>,
}

/// Longest text, in characters; a form prints more lines, a forger sends megabytes.
const MAX_CHARACTERS: usize = 500;

impl Text {
    /// A line or a paragraph.
    ///
    /// # Errors
    /// [`Denied::Text`] when it is empty, longer than 500 characters, or holds a control, an
    /// invisible or a direction-changing character.
    pub fn new(what: &'static str, text: &str) -> Result<Self, Denied> {
        let normal: String = text.trim().nfc().collect();
        let fits = (1..=MAX_CHARACTERS).contains(&normal.chars().count());
        if !fits || normal.chars().any(is_deceptive) {
            return Err(Denied::Text { what });
        }
        let original = (!is_nfc(text) || text.trim() != text).then(|| text.to_owned());
        Ok(Self { normal, original })
    }

    /// A surname, given name or patronymic (section 2.3 of the requirements): letters, hyphens,
    /// apostrophes and single spaces.
    ///
    /// # Errors
    /// [`Denied::Name`] for any other character, or as [`Text::new`].
    pub fn name(what: &'static str, text: &str) -> Result<Self, Denied> {
        let name = Self::new(what, text).map_err(|_| Denied::Name { what })?;
        let letter = |c: char| c.is_alphabetic() || is_combining(c);
        let allowed = |c: char| letter(c) || matches!(c, '-' | '\'' | '’' | 'ʼ' | ' ');
        let plain = name.normal.chars().all(allowed) && !name.normal.contains("  ");
        if plain && name.normal.chars().next().is_some_and(char::is_alphabetic) {
            Ok(name)
        } else {
            Err(Denied::Name { what })
        }
    }

    /// In normalization form C: what is compared, searched and printed.
    pub fn as_str(&self) -> &str {
        &self.normal
    }

    /// As it was typed or read from the document.
    pub fn original(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.normal)
    }
}

impl TryFrom<String> for Text {
    type Error = Denied;

    fn try_from(text: String) -> Result<Self, Denied> {
        Self::new("a text", &text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.original.unwrap_or(text.normal)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} characters)", self.normal.chars().count())
    }
}

/// Marks that stay apart even in form C, as in transliterated names.
fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Control, zero-width and direction-changing characters, which make two texts look alike.
fn is_deceptive(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}');
    c.is_control() || invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    // Proves R-152.
    #[test]
    fn kazakh_letters_survive_in_any_case() {
        for name in
            ["Әбілқайыр", "ҒАНИ", "Қанат", "Ңұр", "Өмірбек", "Ұлжан", "Үміт", "Һадиша", "Іңкәр"]
        {
            let kept = Text::name("surname", name).unwrap();
            assert_eq!((kept.as_str(), kept.original()), (name, name));
            let back: Text = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
            assert_eq!(back, kept);
        }
    }

    #[test]
    fn a_decomposed_name_equals_the_composed_one_and_keeps_its_original() {
        let composed = Text::name("surname", "Йодгоров").unwrap();
        let typed = Text::name("surname", "И\u{306}одгоров").unwrap();
        assert_eq!(typed.as_str(), composed.as_str());
        assert_eq!(typed.original(), "И\u{306}одгоров");
        let wire = serde_json::to_string(&typed).unwrap();
        assert_eq!(wire, "\"И\u{306}одгоров\"");
        assert_eq!(serde_json::from_str::<Text>(&wire).unwrap(), typed);
        for hidden in ["\"\"", "\"A\u{202e}b\"", "{\"normal\":\"a\"}"] {
            assert!(serde_json::from_str::<Text>(hidden).is_err(), "{hidden}");
        }
    }

    #[test]
    fn names_that_hide_characters_are_refused() {
        for bad in ["", " ", "A\u{202e}b", "A\u{200b}b", "A1", "A  B", "-A", "A\nB", "<b>"] {
            assert!(Text::name("surname", bad).is_err(), "{bad:?}");
        }
        for good in ["O'Neill", "Анна-Мария", "van der Berg", "D’Arc"] {
            assert!(Text::name("surname", good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn debug_shows_no_letter_of_a_name() {
        let text = Text::name("surname", "Сейітов").unwrap();
        assert_eq!(format!("{text:?} {:?}", Private("Сейітов")), "Text(7 characters) (private)");
    }
}
