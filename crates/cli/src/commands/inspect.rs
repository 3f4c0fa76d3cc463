//! `tanba inspect`: what the extractor sees in a print.

use crate::load::{File, PrintSummary, Resolution, ResolutionArgument, Source, resolution_of};
use crate::output::{Exit, Output};
use crate::stages::Stage;
use crate::table::{Align, Table};
use anyhow::{Context, bail};
use clap::ValueEnum;
use drawing::{Drawing, minutia_marks};
use extraction::{Extraction, Parameters};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vocabulary::{Minutia, MinutiaKind, TEMPLATE_PPI, Template};

/// Arguments of `tanba inspect`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tanba inspect print.png
  tanba inspect print.wsq --stage minutiae --out minutiae.svg
  tanba inspect print.png --all-stages stages/
  tanba inspect print.iso --format json")]
pub(crate) struct Arguments {
    /// An image or a template file.
    file: PathBuf,
    #[command(flatten)]
    resolution: ResolutionArgument,
    /// Draw what this stage found; needs --out.
    #[arg(long, value_enum, requires = "out")]
    stage: Option<Stage>,
    /// The picture to write, as PNG or SVG by its name. Without --stage the final minutiae.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draw every stage into this folder, as PNG.
    #[arg(long, value_name = "DIR")]
    all_stages: Option<PathBuf>,
    /// Size of PNG pictures, in pixels per pixel at 500 ppi.
    #[arg(long, value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(1..=8))]
    scale: u32,
    /// Rows of the minutiae table; 0 for none. JSON always has all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,
}

/// The answer.
#[derive(Serialize)]
struct Inspection {
    prints: Vec<Inspected>,
    extractor_version: u16,
}

/// What is known of one print.
#[derive(Serialize)]
struct Inspected {
    #[serde(flatten)]
    print: PrintSummary,
    endings: usize,
    bifurcations: usize,
    polarity: Option<&'static str>,
    reasons: Vec<Reason>,
    minutiae_list: Vec<Row>,
}

/// Why the quality is not higher.
#[derive(Serialize)]
struct Reason {
    name: &'static str,
    advice: &'static str,
}

/// A minutia; x and y in pixels at 500 ppi, the direction in degrees counter-clockwise.
#[derive(Serialize)]
struct Row {
    x: f32,
    y: f32,
    direction: f32,
    kind: &'static str,
    reliability: u8,
}

/// Prints what was found and writes the pictures asked for.
pub(crate) fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let name = arguments.file.display().to_string();
    let file = File::read(&arguments.file).with_context(|| name.clone())?;
    let prints = if file.is_template() {
        inspect_templates(&file, &arguments).with_context(|| name)?
    } else {
        inspect_images(&file, &arguments).with_context(|| name)?
    };
    let answer = Inspection { prints, extractor_version: extraction::EXTRACTOR_VERSION.0 };
    output.answer(&answer, |answer| {
        let prints = answer.prints.iter().map(|print| text(print, arguments.rows));
        prints.collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Found.into())
}

fn inspect_templates(file: &File, arguments: &Arguments) -> anyhow::Result<Vec<Inspected>> {
    if arguments.all_stages.is_some() || arguments.stage.is_some_and(|s| s != Stage::Minutiae) {
        bail!("a template has no stages but its minutiae: give the image it was made from");
    }
    let prints = file.prints(None)?;
    let mut inspected = Vec::with_capacity(prints.len());
    for print in &prints {
        let header = print.template.header();
        let size = (u32::from(header.width_px), u32::from(header.height_px));
        let drawing = || Drawing {
            background: drawing::Background::white(size.0, size.1),
            layers: minutia_marks(print.template.minutiae()),
        };
        if let Some(path) = &arguments.out {
            write_picture(&numbered(path, print.index, print.of), &drawing(), arguments.scale)?;
        }
        inspected.push(Inspected::new(print.summary(), &print.template, None));
    }
    Ok(inspected)
}

fn inspect_images(file: &File, arguments: &Arguments) -> anyhow::Result<Vec<Inspected>> {
    let images = file.images()?;
    let of = images.len();
    let mut inspected = Vec::with_capacity(of);
    for (index, decoded) in images.iter().enumerate() {
        let resolution = resolution_of(decoded, arguments.resolution.ppi)?;
        let parameters = Parameters::default();
        let extraction = extraction::extract(&decoded.image, resolution.ppi(), &parameters)?;
        write_stages(arguments, &extraction, index, of)?;
        let summary = summary(file, decoded, resolution, &extraction, (index, of));
        inspected.push(Inspected::new(summary, &extraction.template, Some(&extraction)));
    }
    Ok(inspected)
}

fn summary(
    file: &File,
    decoded: &formats::image::DecodedImage,
    resolution: Resolution,
    extraction: &Extraction,
    (index, of): (usize, usize),
) -> PrintSummary {
    let source = Source::Image { image: decoded.image.clone(), format: decoded.format, resolution };
    let template = crate::load::labeled(extraction.template.clone(), decoded);
    let (path, digest) = (file.path.clone(), file.digest());
    crate::load::Print { path, index, of, digest, source, template }.summary()
}

fn write_stages(
    arguments: &Arguments,
    extraction: &Extraction,
    index: usize,
    of: usize,
) -> anyhow::Result<()> {
    let stages = &extraction.stages;
    if let Some(path) = &arguments.out {
        let stage = arguments.stage.unwrap_or(Stage::Minutiae);
        write_picture(&numbered(path, index, of), &stage.draw(stages), arguments.scale)?;
    }
    if let Some(dir) = &arguments.all_stages {
        std::fs::create_dir_all(dir)
            .with_context(|| format!("the folder {} could not be made", dir.display()))?;
        for (number, stage) in Stage::value_variants().iter().enumerate() {
            let name = format!("{:02}-{}.png", number + 1, stage.name());
            let path = numbered(&dir.join(name), index, of);
            write_picture(&path, &stage.draw(stages), arguments.scale)?;
        }
    }
    Ok(())
}

/// The path, with the number of the print before its extension where the file holds several.
fn numbered(path: &Path, index: usize, of: usize) -> PathBuf {
    if of == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{}.{extension}", index + 1))
}

/// Writes a drawing as its file name says.
fn write_picture(path: &Path, drawing: &Drawing, scale: u32) -> anyhow::Result<()> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let bytes = match extension.as_str() {
        "svg" => {
            let title = path.file_stem().unwrap_or_default().to_string_lossy();
            drawing::standalone(drawing, &title, TEMPLATE_PPI)?.into_bytes()
        }
        "png" => drawing::encode_rgb(&drawing::rasterize(drawing, scale), TEMPLATE_PPI * scale)?,
        _ => bail!("{}: end the name of the picture in .png or .svg", path.display()),
    };
    crate::output::write_file(path, &bytes)
}

impl Inspected {
    fn new(print: PrintSummary, template: &Template, extraction: Option<&Extraction>) -> Self {
        let count = |kind| template.minutiae().iter().filter(|m| m.kind() == kind).count();
        let reasons = extraction.map_or(&[][..], |e| &e.quality.reasons);
        let reason = |r: &extraction::QualityReason| Reason { name: r.name(), advice: r.advice() };
        let polarity = extraction.map(|e| match e.stages.polarity {
            extraction::Polarity::DarkRidges => "dark ridges",
            extraction::Polarity::LightRidges => "light ridges",
        });
        Self {
            print,
            endings: count(MinutiaKind::Ending),
            bifurcations: count(MinutiaKind::Bifurcation),
            polarity,
            reasons: reasons.iter().map(reason).collect(),
            minutiae_list: template.minutiae().iter().map(Row::new).collect(),
        }
    }
}

impl Row {
    fn new(minutia: &Minutia) -> Self {
        let tenths = |value: f32| (value * 10.0).round() / 10.0;
        Self {
            x: tenths(minutia.x_px()),
            y: tenths(minutia.y_px()),
            direction: tenths(minutia.direction().radians().to_degrees()),
            kind: match minutia.kind() {
                MinutiaKind::Ending => "ending",
                MinutiaKind::Bifurcation => "bifurcation",
                MinutiaKind::Other => "other",
            },
            reliability: minutia.reliability(),
        }
    }
}

fn text(inspected: &Inspected, rows: usize) -> String {
    let print = &inspected.print;
    let resolution = print.resolution.map_or("500 ppi (template)".to_owned(), |r| r.to_string());
    let mut facts = vec![
        ("file", crate::table::plain(&print.file)),
        ("sha256", print.sha256.clone()),
        ("format", print.format.clone()),
        ("resolution", resolution),
        ("size", format!("{} x {} px at 500 ppi", print.width_px, print.height_px)),
        ("finger", format!("{}, {}", print.position, print.impression)),
        ("quality", format!("{} of 100", print.quality)),
    ];
    facts.extend(inspected.polarity.map(|polarity| ("polarity", polarity.to_owned())));
    let (endings, bifurcations) = (inspected.endings, inspected.bifurcations);
    facts.push((
        "minutiae",
        format!("{} ({endings} endings, {bifurcations} bifurcations)", print.minutiae),
    ));
    let mut text: String =
        facts.iter().map(|(name, value)| format!("{name:<11} {value}\n")).collect();
    for reason in &inspected.reasons {
        text.push_str(&format!("{:<11} {}: {}\n", "advice", reason.name, reason.advice));
    }
    if rows > 0 && !inspected.minutiae_list.is_empty() {
        text.push('\n');
        text.push_str(&minutiae_table(&inspected.minutiae_list, rows));
    }
    text
}

fn minutiae_table(minutiae: &[Row], rows: usize) -> String {
    let mut table = Table::new(&[
        ("#", Align::Right),
        ("x px", Align::Right),
        ("y px", Align::Right),
        ("direction", Align::Right),
        ("kind", Align::Left),
        ("reliability", Align::Right),
    ]);
    for (index, row) in minutiae.iter().take(rows).enumerate() {
        table.row([
            (index + 1).to_string(),
            format!("{:.1}", row.x),
            format!("{:.1}", row.y),
            format!("{:.1}°", row.direction),
            row.kind.to_owned(),
            row.reliability.to_string(),
        ]);
    }
    let rest = minutiae.len().saturating_sub(rows);
    let more = if rest > 0 {
        format!("… and {rest} more (--rows {})\n", minutiae.len())
    } else {
        String::new()
    };
    table.render() + &more
}
