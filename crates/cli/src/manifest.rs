//! A CSV file that says whose prints the files hold.

use formats::naming::Named;
use serde::Deserialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use thiserror::Error;
use vocabulary::{FingerPosition, FingerStatus, ImpressionLabel, ImpressionType, SubjectId};

/// The columns, in any order. Only `subject` must be there.
const COLUMNS: &str = "subject, position, type, file, ppi, impression, status";

/// A print to read, or a finger that is not there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// A file with prints.
    Print {
        /// Where it lies.
        file: PathBuf,
        /// Whose it is.
        named: Named,
        /// How it was taken.
        impression_type: Option<ImpressionType>,
        /// Its resolution in pixels per inch.
        ppi: Option<f32>,
    },
    /// A declaration.
    Finger {
        /// Whose.
        subject: SubjectId,
        /// Which finger.
        position: FingerPosition,
        /// What about it.
        status: FingerStatus,
    },
}

/// A line with what it says or why it cannot be used.
#[derive(Debug)]
pub(crate) struct Line {
    /// Number of the line in the file, from 1.
    pub(crate) number: u64,
    /// What it says.
    pub(crate) entry: Result<Entry, LineError>,
}

/// A manifest that cannot be used at all.
#[derive(Debug, Error)]
pub(crate) enum ManifestError {
    #[error("the manifest {} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: csv::Error },
    #[error(
        "the manifest {} has a column {column:?}; the columns are {COLUMNS}",
        path.display()
    )]
    Column { path: PathBuf, column: String },
    #[error(
        "the manifest {} has no column `subject`: its first line must name the columns ({COLUMNS})",
        path.display()
    )]
    NoSubject { path: PathBuf },
}

/// A line that cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub(crate) enum LineError {
    #[error("the line cannot be read: {0}")]
    Csv(String),
    #[error(transparent)]
    Value(#[from] vocabulary::VocabularyError),
    #[error("{0:?} is no impression type: give a code or a name such as plain or rolled")]
    ImpressionType(String),
    #[error("{0:?} is no resolution: give pixels per inch from 50 to 5000")]
    Ppi(String),
    #[error("{0}")]
    Status(String),
    #[error("the line names no file and no status: give one of them")]
    Nothing,
    #[error("a finger that is {0} has no file: leave one of the two out")]
    FileOfAbsentFinger(FingerStatus),
    #[error("the line says {0} but not of which finger: give a position")]
    NoPosition(FingerStatus),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    subject: String,
    #[serde(alias = "finger", alias = "finger_position")]
    position: String,
    #[serde(alias = "impression_type")]
    r#type: String,
    file: String,
    ppi: String,
    impression: String,
    status: String,
}

/// Every spelling of a column that [`Row`] takes.
const SPELLINGS: [&str; 10] = [
    "subject",
    "position",
    "finger",
    "finger_position",
    "type",
    "impression_type",
    "file",
    "ppi",
    "impression",
    "status",
];

/// Reads a manifest; relative paths in it start at its own folder.
pub(crate) fn read(path: &Path) -> Result<Vec<Line>, ManifestError> {
    let unreadable = |source: csv::Error| ManifestError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(|error| unreadable(error.into()))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let headers = reader.headers().map_err(unreadable)?;
    let mut names: Vec<String> = headers.iter().map(str::to_ascii_lowercase).collect();
    if let Some(first) = names.first_mut() {
        // Spreadsheets write a byte order mark.
        *first = first.trim_start_matches('\u{feff}').to_owned();
    }
    if let Some(column) = names.iter().find(|name| !SPELLINGS.contains(&name.as_str())) {
        let (path, column) = (path.to_owned(), column.clone());
        return Err(ManifestError::Column { path, column });
    }
    if !names.iter().any(|name| name == "subject") {
        return Err(ManifestError::NoSubject { path: path.to_owned() });
    }
    let headers = csv::StringRecord::from(names);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut lines = Vec::new();
    for record in reader.records() {
        let (number, row) = match &record {
            Ok(record) => {
                let row = record.deserialize::<Row>(Some(&headers));
                (record.position(), row.map_err(|e| LineError::Csv(e.to_string())))
            }
            Err(error) => (error.position(), Err(LineError::Csv(error.to_string()))),
        };
        let number = number.map_or(0, csv::Position::line);
        lines.push(Line { number, entry: row.and_then(|row| entry(&row, folder)) });
    }
    Ok(lines)
}

fn entry(row: &Row, folder: &Path) -> Result<Entry, LineError> {
    let subject = SubjectId::new(&row.subject)?;
    let position = match row.position.as_str() {
        "" => None,
        text => Some(text.parse::<FingerPosition>()?),
    };
    let status: FingerStatus = row.status.parse().map_err(LineError::Status)?;
    match (row.file.as_str(), status) {
        ("", FingerStatus::Present) if row.status.is_empty() => Err(LineError::Nothing),
        ("", status) => {
            let position = position.ok_or(LineError::NoPosition(status))?;
            Ok(Entry::Finger { subject, position, status })
        }
        (file, FingerStatus::Present) => Ok(Entry::Print {
            file: folder.join(file),
            named: Named { subject, position, impression: impression(&row.impression)? },
            impression_type: impression_type(&row.r#type)?,
            ppi: ppi(&row.ppi)?,
        }),
        (_, status) => Err(LineError::FileOfAbsentFinger(status)),
    }
}

fn impression(text: &str) -> Result<Option<ImpressionLabel>, LineError> {
    if text.is_empty() { Ok(None) } else { Ok(Some(ImpressionLabel::new(text)?)) }
}

fn impression_type(text: &str) -> Result<Option<ImpressionType>, LineError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = ImpressionType::parse(text);
    parsed.map(Some).ok_or_else(|| LineError::ImpressionType(text.to_owned()))
}

fn ppi(text: &str) -> Result<Option<f32>, LineError> {
    if text.is_empty() {
        return Ok(None);
    }
    let ppi = text.parse::<f32>().ok().filter(|ppi| (50.0..=5000.0).contains(ppi));
    ppi.map(Some).ok_or_else(|| LineError::Ppi(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Result<Vec<Line>, ManifestError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    fn one(text: &str) -> Result<Entry, LineError> {
        let lines = manifest(text).unwrap();
        assert_eq!(lines.len(), 1);
        lines.into_iter().next().unwrap().entry
    }

    #[test]
    fn a_line_names_a_print_with_all_that_is_known() {
        let entry =
            one("Subject,finger,type,file,ppi,impression\nkz-1, 2 ,rolled,/in/a.png,1000,a\n");
        let position = Some(FingerPosition::new(2).unwrap());
        let subject = SubjectId::new("kz-1").unwrap();
        let impression = Some(ImpressionLabel::new("a").unwrap());
        let expected = Entry::Print {
            file: "/in/a.png".into(),
            named: Named { subject, position, impression },
            impression_type: Some(ImpressionType::LIVE_SCAN_ROLLED),
            ppi: Some(1000.0),
        };
        assert_eq!(entry, Ok(expected));
    }

    #[test]
    fn a_line_without_a_file_declares_a_finger() {
        let entry = one("\u{feff}subject,position,status\nkz-1,left-ring,amputated\n");
        let expected = Entry::Finger {
            subject: SubjectId::new("kz-1").unwrap(),
            position: FingerPosition::new(9).unwrap(),
            status: FingerStatus::Amputated,
        };
        assert_eq!(entry, Ok(expected));
    }

    #[test]
    fn a_line_that_cannot_be_used_says_why_and_holds_up_no_other() {
        let text = "subject,position,file,ppi,status\n\
            a b,,x.png,,\nkz-1,toe,x.png,,\nkz-1,,x.png,NaN,\nkz-1,,,,\nkz-1,2,x.png,,missing\n\
            kz-1,,,,missing\nkz-1,2\nkz-1,,x.png,500,\n";
        let lines = manifest(text).unwrap();
        let bad: Vec<u64> = lines.iter().filter(|l| l.entry.is_err()).map(|l| l.number).collect();
        assert_eq!(bad, [2, 3, 4, 5, 6, 7, 8]);
        assert!(lines[7].entry.is_ok());
    }

    #[test]
    fn a_manifest_with_unknown_columns_is_refused() {
        let column = manifest("subject,fingr\nkz-1,2\n").unwrap_err();
        assert!(matches!(column, ManifestError::Column { column, .. } if column == "fingr"));
        assert!(matches!(manifest("file\nx\n"), Err(ManifestError::NoSubject { .. })));
        assert!(matches!(manifest("file\nx\n").unwrap_err().to_string(), text
            if text.contains("subject, position")));
    }
}
