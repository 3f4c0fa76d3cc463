//! Writes a contact sheet of synthetic prints as a PNG.
//!
//! `cargo run --release -p synthesis --example sheet -- KIND PATH [SEED]`, where KIND is
//! `masters` (three of each class), `truth` (the same with their minutiae), `impressions` (rows of
//! one finger: its master, two good, two typical, two poor ones), `marked` (the same with ground
//! truth) or `gray` (on a gray background).

use std::error::Error;
use synthesis::{
    Background, Impression, ImpressionParameters, MasterParameters, MasterPrint, PatternClass,
};
use vocabulary::{GrayImage, Minutia, MinutiaKind};

/// A picture with what to draw on it.
type Figure = (GrayImage, Vec<Minutia>);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, kind, path, rest @ ..] = arguments.as_slice() else {
        return Err("give masters, truth, impressions, marked or gray, and a path".into());
    };
    let seed = rest.first().map_or(Ok(1), |text| text.parse())?;
    let (figures, columns) = match kind.as_str() {
        "masters" | "truth" => (masters(seed, kind == "truth"), 5),
        _ => (impressions(seed, kind), 7),
    };
    write(path, &figures, columns)
}

fn masters(seed: u64, marked: bool) -> Vec<Figure> {
    let mut figures = Vec::new();
    for class in PatternClass::ALL {
        for number in 0..3 {
            let parameters = MasterParameters { class: Some(class), ..MasterParameters::default() };
            let master = MasterPrint::generate(seed + number, &parameters);
            let minutiae = if marked { master.minutiae().to_vec() } else { Vec::new() };
            figures.push((master.image(), minutiae));
        }
    }
    figures
}

fn impressions(seed: u64, kind: &str) -> Vec<Figure> {
    let presets = [
        ImpressionParameters::good(),
        ImpressionParameters::typical(),
        ImpressionParameters::poor(),
    ];
    let mut figures = Vec::new();
    for number in 0..4 {
        let master = MasterPrint::generate(seed + number, &MasterParameters::default());
        figures.push((master.image(), Vec::new()));
        for (index, preset) in presets.iter().flat_map(|preset| [preset, preset]).enumerate() {
            let mut parameters = *preset;
            if kind == "gray" {
                parameters.background = Background::Gray;
            }
            let impression = Impression::render(&master, index as u64, &parameters);
            let minutiae = if kind == "marked" { impression.minutiae } else { Vec::new() };
            figures.push((impression.image, minutiae));
        }
    }
    figures
}

fn write(path: &str, figures: &[Figure], columns: usize) -> Result<(), Box<dyn Error>> {
    let side = |length: fn(&GrayImage) -> u32| {
        8 + figures.iter().map(|(image, _)| length(image)).max().unwrap_or(1) as usize
    };
    let (cell_width, cell_height) = (side(GrayImage::width), side(GrayImage::height));
    let (width, height) = (cell_width * columns, cell_height * figures.len().div_ceil(columns));
    let mut sheet = vec![[128_u8; 3]; width * height];
    for (index, (image, minutiae)) in figures.iter().enumerate() {
        let corner = index / columns * cell_height * width + index % columns * cell_width;
        for y in 0..image.height() {
            for (x, gray) in image.row(y).iter().enumerate() {
                sheet[corner + y as usize * width + x] = [*gray; 3];
            }
        }
        minutiae.iter().for_each(|minutia| mark(&mut sheet, width, corner, minutia));
    }
    let file = std::fs::File::create(path)?;
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(sheet.as_flattened())?;
    Ok(())
}

/// A square on the minutia, red for an ending and blue for a bifurcation, and a line its way.
fn mark(sheet: &mut [[u8; 3]], width: usize, corner: usize, minutia: &Minutia) {
    let color = if minutia.kind() == MinutiaKind::Ending { [255, 0, 0] } else { [0, 90, 255] };
    let mut dot = |x: f32, y: f32| {
        let place = corner + y.max(0.0) as usize * width + x.max(0.0) as usize;
        if let Some(pixel) = sheet.get_mut(place) {
            *pixel = color;
        }
    };
    let (x, y) = (minutia.x_px() + 0.5, minutia.y_px() + 0.5);
    for step in -2_i8..=2 {
        let step = f32::from(step);
        [(step, -2.0), (step, 2.0), (-2.0, step), (2.0, step)]
            .into_iter()
            .for_each(|(dx, dy)| dot(x + dx, y + dy));
    }
    let (sine, cosine) = minutia.direction().radians().sin_cos();
    (2..12_u8).map(f32::from).for_each(|step| dot(x + step * cosine, y - step * sine));
}
