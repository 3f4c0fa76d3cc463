//! Text and names that can stand on a form.

use crate::ValueError;
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// More of them on one letter would reach into the lines above and below.
const MARKS_MAX: usize = 2;
/// Longer texts are no field of a form; fields have tighter limits of their own.
const CHARACTERS_MAX: usize = 400;

/// Not empty, one line, NFC, single spaces, nothing invisible.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Brings `given` to NFC and every run of white space to one space.
    ///
    /// # Errors
    /// [`ValueError::Empty`], [`ValueError::Invisible`], [`ValueError::TooLong`] over 400
    /// characters, [`ValueError::StackedMarks`] over 2 combining marks on one of them.
    pub fn new(given: &str) -> Result<Self, ValueError> {
        if let Some(index) = given.chars().position(is_invisible) {
            return Err(ValueError::Invisible { position: index + 1 });
        }
        let text = given.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect::<String>();
        let length = text.graphemes(true).count();
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        if text.graphemes(true).any(|character| marks(character) > MARKS_MAX) {
            return Err(ValueError::StackedMarks { limit: MARKS_MAX });
        }
        if length > CHARACTERS_MAX {
            return Err(ValueError::TooLong { length, limit: CHARACTERS_MAX });
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Line breaks are refused too: a field is one text, and where it breaks is the form's matter.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

fn marks(character: &str) -> usize {
    character.chars().filter(|c| is_combining_mark(*c)).count()
}

impl fmt::Debug for Text {
    /// Without the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// A surname, given name or patronymic: letters, hyphens, apostrophes and spaces (section 2.3 of
/// the rules).
#[derive(Clone, PartialEq, Eq)]
pub struct Name(Text);

impl Name {
    /// As [`Text::new`], for what names are made of.
    ///
    /// # Errors
    /// Those of [`Text::new`], and [`ValueError::NotOfAName`].
    pub fn new(given: &str) -> Result<Self, ValueError> {
        let text = Text::new(given)?;
        let foreign = |c: char| {
            !(c.is_alphabetic()
                || is_combining_mark(c)
                || matches!(c, ' ' | '-' | '‐' | '\'' | '’' | 'ʼ' | 'ʻ'))
        };
        if let Some(index) = text.as_str().chars().position(foreign) {
            return Err(ValueError::NotOfAName { position: index + 1 });
        }
        if !text.as_str().starts_with(char::is_alphabetic) {
            return Err(ValueError::NotOfAName { position: 1 });
        }
        Ok(Self(text))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Name {
    /// Without the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({} bytes)", self.as_str().len())
    }
}

/// A person's name; the patronymic if and only if the identity document shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    /// Surname.
    pub surname: Name,
    /// Given name or names.
    pub given_name: Name,
    /// Patronymic.
    pub patronymic: Option<Name>,
}

impl PersonName {
    /// Surname, given name, patronymic, by spaces.
    pub fn full(&self) -> String {
        let Self { surname, given_name, patronymic } = self;
        let mut parts = vec![surname.as_str(), given_name.as_str()];
        parts.extend(patronymic.as_ref().map(Name::as_str));
        parts.join(" ")
    }

    /// Surname and the first letters of the others, as `Серікова А. Б.`
    pub fn with_initials(&self) -> String {
        let initial = |name: &Name| {
            let first = name.as_str().graphemes(true).next().unwrap_or_default();
            format!(" {}.", first.to_uppercase())
        };
        let patronymic = self.patronymic.as_ref().map(initial).unwrap_or_default();
        format!("{}{}{patronymic}", self.surname.as_str(), initial(&self.given_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_of_visible_characters_in_nfc() {
        assert_eq!(Text::new(" Е\u{308}лка \u{a0} 1 ").unwrap().as_str(), "Ёлка 1");
        assert_eq!(Text::new(" \u{a0} "), Err(ValueError::Empty));
        assert_eq!(Text::new("ab\u{202e}c"), Err(ValueError::Invisible { position: 3 }));
        assert_eq!(Text::new("a\nb"), Err(ValueError::Invisible { position: 2 }));
        assert_eq!(Text::new("ң\u{301}\u{302}").unwrap().as_str(), "ң\u{301}\u{302}");
        let stacked = Err(ValueError::StackedMarks { limit: 2 });
        assert_eq!(Text::new("аң\u{301}\u{302}\u{301}"), stacked);
        let (length, limit) = (401, 400);
        assert_eq!(Text::new(&"ғ".repeat(401)), Err(ValueError::TooLong { length, limit }));
    }

    #[test]
    fn a_name_keeps_every_kazakh_letter_and_takes_no_digit() {
        let letters = "ӘҒҚҢӨҰҮҺІ-әғқңөұүһі О’Коннор Д'Арк";
        assert_eq!(Name::new(letters).unwrap().as_str(), letters);
        assert_eq!(Name::new("Ален2"), Err(ValueError::NotOfAName { position: 5 }));
        assert_eq!(Name::new("-Ален"), Err(ValueError::NotOfAName { position: 1 }));
        assert_eq!(Name::new("А.Б"), Err(ValueError::NotOfAName { position: 2 }));
    }

    #[test]
    fn initials_are_the_first_letters_as_a_reader_sees_them() {
        let name = |text| Name::new(text).unwrap();
        let mut person = PersonName {
            surname: name("Серікова"),
            given_name: name("әсел"),
            patronymic: Some(name("У\u{301}мар")),
        };
        assert_eq!(person.with_initials(), "Серікова Ә. У\u{301}.");
        person.patronymic = None;
        assert_eq!(person.with_initials(), "Серікова Ә.");
    }

    #[test]
    fn debug_output_holds_no_name() {
        let person = PersonName {
            surname: Name::new("Серікова").unwrap(),
            given_name: Name::new("Әсел").unwrap(),
            patronymic: None,
        };
        let shown = format!("{person:?} {:?}", Text::new("Әсел").unwrap());
        assert!(!shown.contains("Серік") && !shown.contains("Әсел"), "{shown}");
    }
}
