//! A probe and a reference side by side, their paired minutiae in matching colors and numbers.

use super::{Html, escape};
use drawing::{Path, mark_outline, mark_tail, path_data};
use std::fmt::Write;
use vocabulary::{GrayImage, Minutia, Template};

/// One of the two prints.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    /// What it is, shown above it.
    pub(crate) label: &'a str,
    /// The id given to [`symbol`], when there is an image.
    pub(crate) picture: Option<&'a str>,
    /// Its minutiae.
    pub(crate) template: &'a Template,
}

/// Space between the two prints and above them, in pixels at 500 ppi.
const GAP: f32 = 28.0;
const CAPTION: f32 = 20.0;

/// The image of a print, stretched over its template, to be referred to by its id.
pub(crate) fn symbol(id: &str, image: &GrayImage, template: &Template) -> Html {
    let header = template.header();
    Html::trusted(format!(
        "<image id=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" href=\"{}\"/>",
        escape(id),
        header.width_px,
        header.height_px,
        drawing::gray_data_uri(image)
    ))
}

/// Draws both prints. `pairs` holds indices into the minutiae of the probe and of the reference;
/// one out of range is left out.
pub(crate) fn side_by_side(probe: Side<'_>, reference: Side<'_>, pairs: &[(u16, u16)]) -> Html {
    let size = |side: Side<'_>| {
        let header = side.template.header();
        (f32::from(header.width_px), f32::from(header.height_px))
    };
    let ((probe_width, probe_height), (width, height)) = (size(probe), size(reference));
    let shift = probe_width + GAP;
    let mut svg = format!(
        "<svg class=\"prints\" viewBox=\"-8 0 {} {}\" role=\"img\"><title>{} beside {}</title>",
        shift + width + 16.0,
        probe_height.max(height) + CAPTION + 8.0,
        escape(probe.label),
        escape(reference.label),
    );
    let paired = paired_minutiae(probe.template, reference.template, pairs);
    draw_print(&mut svg, probe, 0.0, |index| paired.iter().any(|(a, _)| *a == index));
    draw_print(&mut svg, reference, shift, |index| paired.iter().any(|(_, b)| *b == index));
    let _ = write!(svg, "<g transform=\"translate(0 {CAPTION})\">");
    for (number, (a, b)) in paired.iter().enumerate() {
        let pair = (&probe.template.minutiae()[*a], &reference.template.minutiae()[*b]);
        draw_pair(&mut svg, number + 1, pair, shift);
    }
    svg.push_str("</g></svg>");
    Html::trusted(svg)
}

fn paired_minutiae(
    probe: &Template,
    reference: &Template,
    pairs: &[(u16, u16)],
) -> Vec<(usize, usize)> {
    let inside =
        |(a, b): &(usize, usize)| *a < probe.minutiae().len() && *b < reference.minutiae().len();
    pairs.iter().map(|(a, b)| (usize::from(*a), usize::from(*b))).filter(inside).collect()
}

/// The picture, the caption and the minutiae without a partner.
fn draw_print(svg: &mut String, side: Side<'_>, shift: f32, paired: impl Fn(usize) -> bool) {
    let header = side.template.header();
    let _ = write!(
        svg,
        "<g transform=\"translate({shift} {CAPTION})\"><text y=\"-7\" fill=\"#333\">{}</text>",
        escape(side.label)
    );
    match side.picture {
        Some(id) => {
            let _ = write!(svg, "<use href=\"#{}\"/>", escape(id));
        }
        None => {
            let _ = write!(
                svg,
                "<rect width=\"{}\" height=\"{}\" fill=\"#f4f4f4\" stroke=\"#ccc\"/>",
                header.width_px, header.height_px
            );
        }
    }
    let rest = side.template.minutiae().iter().enumerate().filter(|(index, _)| !paired(*index));
    let data: String = rest.map(|(_, minutia)| mark_data(minutia, 0.0)).collect();
    let _ = write!(
        svg,
        "<path class=\"rest-halo\" d=\"{data}\"/><path class=\"rest\" d=\"{data}\"/></g>"
    );
}

fn draw_pair(svg: &mut String, number: usize, pair: (&Minutia, &Minutia), shift: f32) {
    let color = pair_color(number);
    let marks = mark_data(pair.0, 0.0) + &mark_data(pair.1, shift);
    let link = path_data(&Path::line(
        (pair.0.x_px(), pair.0.y_px()),
        (pair.1.x_px() + shift, pair.1.y_px()),
    ));
    let _ = write!(
        svg,
        "<g class=\"pair\" stroke=\"{color}\"><path class=\"link\" d=\"{link}\"/>\
         <path class=\"halo\" d=\"{marks}\"/><path d=\"{marks}\"/>"
    );
    for (minutia, shift) in [(pair.0, 0.0), (pair.1, shift)] {
        let (x, y) = label_place(minutia);
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"{color}\" text-anchor=\"middle\">{number}\
             </text>",
            x + shift
        );
    }
    svg.push_str("</g>");
}

/// Behind the mark, where its tail is not.
fn label_place(minutia: &Minutia) -> (f32, f32) {
    let (sin, cos) = minutia.direction().radians().sin_cos();
    (minutia.x_px() - 10.0 * cos, minutia.y_px() + 10.0 * sin + 3.0)
}

fn mark_data(minutia: &Minutia, shift: f32) -> String {
    let mut paths = [mark_outline(minutia), mark_tail(minutia)];
    for point in paths.iter_mut().flat_map(|path| &mut path.points) {
        point.0 += shift;
    }
    paths.iter().map(path_data).collect()
}

/// Neighboring numbers get hues far apart: each step is the golden angle.
fn pair_color(number: usize) -> String {
    format!("hsl({:.0} 85% 36%)", (number as f32 * 137.508) % 360.0)
}
