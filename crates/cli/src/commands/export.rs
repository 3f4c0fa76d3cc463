//! `tanba export`: templates in standard formats.

use crate::gallery;
use crate::load;
use crate::output::{Exit, Output, write_file};
use crate::report::words::counted;
use anyhow::{Context, bail};
use clap::ValueEnum;
use coordinator::Fetch;
use formats::template::encounter::Encounter;
use formats::template::{self, TemplateFormat};
use node::Node;
use operation::connection::{Connection, MaybeCluster};
use replication::EncounterId;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vocabulary::{ImpressionKey, SubjectId, Template};

/// Arguments of `tanba export`.
#[derive(clap::Args)]
#[command(after_help = "\
WHAT is a file (an image or a template), else a subject of the gallery with all its references, else
one reference as subject/finger/impression. A subject's references go into one file. In a cluster it
is an encounter, as `tanba held list` and `tanba identify` name them; whoever takes it is on record.

Standard formats hold whole pixels and at most 255 minutiae, the best ones; `private` keeps all.
`image` writes the stored image of one reference as it was received.

Exit codes: 0 written, 1 nothing is enrolled under that name, 2 error.

Examples:
  tanba export kz-7 --data gallery --as iso2005 --out kz-7.fmr
  tanba export kz-7/right-index/1 --data gallery --as private --out kz-7.tnb
  tanba export kz-7/2/1 --data gallery --as image --out kz-7.wsq
  tanba export 1ae2bc8285ef5ca8d208e43f15ea2fdd --as private --out held.tnb \\
      --cluster cluster.toml --purpose 3 --case 2026
  tanba export found.png --as ansi2004 --out found.fmr")]
pub(crate) struct Arguments {
    /// A subject, a reference or a file.
    #[arg(value_name = "WHAT")]
    what: String,
    /// The folder of the gallery, for subjects and references.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cluster: MaybeCluster,
    /// The code of what it is for, as it is to stand on record.
    #[arg(long, value_name = "CODE", requires = "cluster",
          value_parser = clap::value_parser!(u16).range(1..), help_heading = "Cluster")]
    purpose: Option<u16>,
    /// The number of the case, likewise.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, help_heading = "Cluster")]
    case: u64,
    /// The format.
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    written_as: ExportFormat,
    /// Where to write it; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    resolution: load::ResolutionArgument,
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// ISO/IEC 19794-2:2005.
    Iso2005,
    /// ISO/IEC 19794-2:2011.
    Iso2011,
    /// ANSI/INCITS 378-2004.
    Ansi2004,
    /// ANSI/INCITS 378-2009.
    Ansi2009,
    /// Tanba's own, lossless.
    Private,
    /// The stored image of one reference, as received.
    Image,
}

impl ExportFormat {
    const fn template(self) -> Option<TemplateFormat> {
        match self {
            Self::Iso2005 => Some(TemplateFormat::Iso2005),
            Self::Iso2011 => Some(TemplateFormat::Iso2011),
            Self::Ansi2004 => Some(TemplateFormat::Ansi2004),
            Self::Ansi2009 => Some(TemplateFormat::Ansi2009),
            Self::Private => Some(TemplateFormat::Private),
            Self::Image => None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    file: String,
    bytes: usize,
    templates: usize,
    minutiae: usize,
}

/// Exports.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let Some(format) = arguments.written_as.template() else {
        return export_image(&arguments, output);
    };
    let Some(templates) = templates(&arguments, output)? else {
        return Ok(not_found(&arguments, output));
    };
    let bytes = template::encode(format, &templates)
        .with_context(|| format!("{} cannot be written as {}", arguments.what, format.name()))?;
    let minutiae: usize = templates.iter().map(|template| template.minutiae().len()).sum();
    let answer = Answer {
        file: arguments.out.display().to_string(),
        bytes: bytes.len(),
        templates: templates.len(),
        minutiae,
    };
    write(&arguments.out, &bytes, &answer, output)
}

/// The templates asked for; `None` when none are enrolled under that name.
fn templates(arguments: &Arguments, output: &Output) -> anyhow::Result<Option<Vec<Template>>> {
    let what = arguments.what.as_str();
    if Path::new(what).is_file() {
        let prints = load::load(Path::new(what), arguments.resolution.ppi);
        let prints = prints.with_context(|| what.to_owned())?;
        return Ok(Some(prints.into_iter().map(|print| print.template).collect()));
    }
    if let Some(connection) = arguments.cluster.connect()? {
        return enrolled_in(&connection, arguments);
    }
    let node = open(arguments, output)?;
    let references = match Name::parse(what)? {
        Name::Subject(subject) => node.references(&subject)?,
        Name::Key(key) => node.reference(&key)?.into_iter().collect(),
    };
    let templates: Vec<Template> =
        references.into_iter().map(|reference| reference.template).collect();
    Ok((!templates.is_empty()).then_some(templates))
}

/// What an encounter of a cluster holds.
fn enrolled_in(
    connection: &Connection,
    arguments: &Arguments,
) -> anyhow::Result<Option<Vec<Template>>> {
    let what = &arguments.what;
    let encounter = u128::from_str_radix(what, 16).ok().filter(|_| what.len() == 32);
    let encounter = encounter
        .with_context(|| format!("{what} is no encounter: they have 32 hexadecimal digits"))?;
    let purpose = arguments.purpose.context("say what it is for: --purpose")?;
    let encounter = EncounterId(encounter);
    let fetch = Fetch { requester: 0, purpose, case: arguments.case, encounter };
    let Some(payload) = connection.wait(connection.client.fetch(&fetch))? else { return Ok(None) };
    let encounter = Encounter::decode(payload.as_bytes());
    let encounter = encounter.context("what the cluster holds of it cannot be read")?;
    Ok(Some(encounter.into_prints()))
}

fn export_image(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let Name::Key(key) = Name::parse(&arguments.what)? else {
        bail!("an image belongs to one reference: give subject/finger/impression");
    };
    let node = open(arguments, output)?;
    let Some(image) = node.image(&key)? else {
        return Ok(not_found(arguments, output));
    };
    let file = arguments.out.display().to_string();
    let answer = Answer { file, bytes: image.bytes.len(), templates: 0, minutiae: 0 };
    write(&arguments.out, &image.bytes, &answer, output)
}

fn open(arguments: &Arguments, output: &Output) -> anyhow::Result<Node> {
    let Some(data) = &arguments.data else {
        bail!(
            "{} is no file: give the path of one, --data for a subject of a gallery, or --cluster \
             for an encounter",
            arguments.what
        );
    };
    gallery::open(data, &gallery::options(), output)
}

fn not_found(arguments: &Arguments, output: &Output) -> ExitCode {
    output.warning(format!("nothing to export is enrolled as {}", arguments.what));
    Exit::NotFound.into()
}

/// Writes the file, then says so; on standard output, the bytes are the answer.
fn write(out: &Path, bytes: &[u8], answer: &Answer, output: &Output) -> anyhow::Result<ExitCode> {
    if out.as_os_str() == "-" {
        output.data(bytes)?;
    } else {
        write_file(out, bytes)?;
        output.answer(answer, |answer| {
            let Answer { file, bytes, templates, minutiae } = answer;
            match templates {
                0 => format!("{file}: {bytes} bytes\n"),
                _ => format!(
                    "{file}: {}, {}, {bytes} bytes\n",
                    counted(*templates as u64, ["template", "templates"]),
                    counted(*minutiae as u64, ["minutia", "minutiae"]),
                ),
            }
        })?;
    }
    Ok(Exit::Found.into())
}

/// A subject or a reference.
#[derive(Debug, PartialEq, Eq)]
enum Name {
    Subject(SubjectId),
    Key(ImpressionKey),
}

impl Name {
    fn parse(text: &str) -> anyhow::Result<Self> {
        match text.split('/').collect::<Vec<_>>()[..] {
            [subject] => Ok(Self::Subject(subject.parse()?)),
            [subject, position, impression] => Ok(Self::Key(ImpressionKey {
                subject: subject.parse()?,
                position: position.parse()?,
                impression: impression.parse()?,
            })),
            _ => bail!("{text:?} is neither a subject nor subject/finger/impression"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_named_as_it_is_shown() {
        let Name::Key(key) = Name::parse("kz-7/right-index/1").unwrap() else { panic!() };
        assert_eq!(Name::parse(&key.to_string()).unwrap(), Name::Key(key));
        assert!(matches!(Name::parse("kz-7").unwrap(), Name::Subject(_)));
        assert!(Name::parse("kz-7/2").is_err());
    }
}
