//! Writes a contact sheet of master prints.
use std::time::Instant;
use synthesis::{MasterParameters, MasterPrint, PatternClass};
use vocabulary::GrayImage;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let first: u64 = args.get(2).map_or(1, |s| s.parse().unwrap());
    let mut images = Vec::new();
    let start = Instant::now();
    for class in PatternClass::ALL {
        for k in 0..3 {
            let parameters = MasterParameters { class: Some(class), ..MasterParameters::default() };
            let m = MasterPrint::generate(first + k, &parameters);
            eprintln!("{class} {} minutiae", m.minutiae().len());
            images.push(m.image());
        }
    }
    eprintln!("{:?} each", start.elapsed() / images.len() as u32);
    write(&args[1], &images, 5);
}

fn write(path: &str, images: &[GrayImage], columns: usize) {
    let (w, h) = (
        images.iter().map(GrayImage::width).max().unwrap() as usize + 8,
        images.iter().map(GrayImage::height).max().unwrap() as usize + 8,
    );
    let rows = images.len().div_ceil(columns);
    let mut sheet = vec![255u8; w * h * rows * columns];
    for (i, image) in images.iter().enumerate() {
        let (left, top) = (i % columns * w, i / columns * h);
        for y in 0..image.height() {
            let to = (top + y as usize) * w * columns + left;
            sheet[to..to + image.width() as usize].copy_from_slice(image.row(y));
        }
    }
    let file = std::fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, (w * columns) as u32, (h * rows) as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&sheet).unwrap();
}
