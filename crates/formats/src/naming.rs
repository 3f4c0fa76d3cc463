//! File names that say whose print a file holds.

use std::path::Path;
use std::str::FromStr;
use thiserror::Error;
use vocabulary::{FingerPosition, ImpressionLabel, SubjectId};

/// A pattern such as `{subject}_{position}_{impression}`.
///
/// It is compared with the file name without its extension; every `/` in it takes in one more
/// folder above. Placeholders take as many characters as they can, the first one first, and only
/// what is valid: in `{subject}_{impression}`, `A_1_2` is impression `2` of subject `A_1`. `{*}`
/// stands for anything, also nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Subject,
    Position,
    Impression,
    Anything,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field(Field),
}

/// What a file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Whose print.
    pub subject: SubjectId,
    /// `None` when the pattern has no `{position}`.
    pub position: Option<FingerPosition>,
    /// `None` when the pattern has no `{impression}`.
    pub impression: Option<ImpressionLabel>,
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say what each is")]
pub enum PatternError {
    #[error("{{{0}}} is no placeholder: use {{subject}}, {{position}}, {{impression}} or {{*}}")]
    Unknown(String),
    #[error("a {{ without }}: write placeholders as {{subject}}")]
    Unclosed,
    #[error("the pattern has {{{0}}} twice")]
    Twice(&'static str),
    #[error("the pattern has no {{subject}}, so it does not say whose prints the files hold")]
    NoSubject,
    #[error("two placeholders stand side by side: put a separator between them")]
    Adjacent,
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Position => "position",
            Self::Impression => "impression",
            Self::Anything => "*",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Subject, Self::Position, Self::Impression, Self::Anything];
        all.into_iter().find(|field| field.name() == name)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let literal = rest.find('{').unwrap_or(rest.len());
            if literal > 0 {
                parts.push(Part::Literal(rest[..literal].to_owned()));
                rest = &rest[literal..];
                continue;
            }
            let end = rest.find('}').ok_or(PatternError::Unclosed)?;
            let name = &rest[1..end];
            let field =
                Field::from_name(name).ok_or_else(|| PatternError::Unknown(name.to_owned()))?;
            if matches!(parts.last(), Some(Part::Field(_))) {
                return Err(PatternError::Adjacent);
            }
            if field != Field::Anything && parts.contains(&Part::Field(field)) {
                return Err(PatternError::Twice(field.name()));
            }
            parts.push(Part::Field(field));
            rest = &rest[end + 1..];
        }
        if !parts.contains(&Part::Field(Field::Subject)) {
            return Err(PatternError::NoSubject);
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// What the name of a file says; `None` when it does not fit.
    pub fn read(&self, path: &Path) -> Option<Named> {
        let name = self.name_of(path)?;
        let mut values = Values::default();
        fit(&self.parts, &name, &mut values).then_some(())?;
        Some(Named {
            subject: values.subject?,
            position: values.position,
            impression: values.impression,
        })
    }

    /// The file's name without extension, with as many folders as the pattern has slashes.
    fn name_of(&self, path: &Path) -> Option<String> {
        let folders = self.text.matches('/').count();
        let mut name = path.file_stem()?.to_str()?.to_owned();
        for folder in path.ancestors().skip(1).take(folders) {
            name = format!("{}/{name}", folder.file_name()?.to_str()?);
        }
        (name.matches('/').count() == folders).then_some(name)
    }
}

#[derive(Default)]
struct Values {
    subject: Option<SubjectId>,
    position: Option<FingerPosition>,
    impression: Option<ImpressionLabel>,
}

impl Values {
    /// Takes a value for a field, when it is valid.
    fn take(&mut self, field: Field, text: &str) -> bool {
        match field {
            Field::Subject => {
                self.subject = SubjectId::new(text).ok();
                self.subject.is_some()
            }
            Field::Position => {
                self.position = text.parse().ok();
                self.position.is_some()
            }
            Field::Impression => {
                self.impression = ImpressionLabel::new(text).ok();
                self.impression.is_some()
            }
            Field::Anything => true,
        }
    }
}

/// Whether the parts cover the name, longest first values found first.
fn fit(parts: &[Part], name: &str, values: &mut Values) -> bool {
    match parts.split_first() {
        None => name.is_empty(),
        Some((Part::Literal(literal), rest)) => {
            name.strip_prefix(literal.as_str()).is_some_and(|name| fit(rest, name, values))
        }
        Some((Part::Field(field), rest)) => {
            let mut ends: Vec<usize> = name.char_indices().map(|(at, _)| at).collect();
            ends.push(name.len());
            ends.into_iter()
                .rev()
                .any(|end| fit(rest, &name[end..], values) && values.take(*field, &name[..end]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: Option<(&str, Option<&str>, Option<&str>)>) {
        let named = pattern.parse::<Pattern>().unwrap().read(Path::new(path));
        let found = named.as_ref().map(|named| {
            let position = named.position.map(FingerPosition::name);
            (named.subject.as_str(), position, named.impression.as_ref().map(|i| i.as_str()))
        });
        assert_eq!(found, expected, "{pattern} on {path}");
    }

    #[test]
    fn names_say_whose_print_a_file_holds() {
        check("{subject}_{impression}", "db/101_8.tif", Some(("101", None, Some("8"))));
        check("{subject}_{impression}", "A_1_2.png", Some(("A_1", None, Some("2"))));
        check("{subject}", "K-7@x.wsq", Some(("K-7@x", None, None)));
        check(
            "{subject}-{position}-{impression}",
            "kz-9-right-index-2.png",
            Some(("kz-9", Some("right-index"), Some("2"))),
        );
        check("{subject}_{*}_{position}", "a_x y_2.png", Some(("a", Some("right-index"), None)));
        check("p{subject}", "7.png", None);
    }

    #[test]
    fn slashes_take_in_folders() {
        check(
            "{subject}/{position}_{impression}",
            "in/ab/left-thumb_1.png",
            Some(("ab", Some("left-thumb"), Some("1"))),
        );
        check("{subject}/{impression}", "1.png", None);
    }

    #[test]
    fn names_that_do_not_fit_say_nothing() {
        check("{subject}_{impression}", "readme.txt", None);
        check("{subject}_{impression}", "a b_1.png", None);
        check("{subject}_{position}", "7_18.png", None);
        check("{subject}_{impression}", "_1.png", None);
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        let error = |text: &str| text.parse::<Pattern>().unwrap_err();
        assert_eq!(error("{person}"), PatternError::Unknown("person".into()));
        assert_eq!(error("{subject"), PatternError::Unclosed);
        assert_eq!(error("{impression}"), PatternError::NoSubject);
        assert_eq!(error("{subject}{impression}"), PatternError::Adjacent);
        assert_eq!(error("{subject}_{subject}"), PatternError::Twice("subject"));
    }
}
