//! A drawing as SVG.

use super::{Drawing, Layer, Path, rgb_data_uri};
use std::fmt::Write;

/// The whole drawing as an SVG file that needs nothing else, its picture inside.
pub fn standalone(drawing: &Drawing, title: &str, ppi: u32) -> anyhow::Result<String> {
    let (width, height) = (drawing.background.width, drawing.background.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{}\" height=\"{}\">\n<title>{}</title>\n",
        width * 2,
        height * 2,
        charts::escape(title),
    );
    let picture = rgb_data_uri(&drawing.background, ppi)?;
    let _ = writeln!(
        text,
        "<image width=\"{width}\" height=\"{height}\" style=\"image-rendering:pixelated\" \
         href=\"{picture}\"/>"
    );
    for layer in &drawing.layers {
        text.push_str(&layer_paths(layer));
    }
    text.push_str("</svg>\n");
    Ok(text)
}

fn layer_paths(layer: &Layer) -> String {
    let data: String = layer.paths.iter().map(path_data).collect();
    let stroke = |color: &str, width: f32| {
        format!(
            "<path d=\"{data}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:.2}\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\"/>\n"
        )
    };
    let halo = if layer.halo { stroke("#fff", layer.width_px + 1.4) } else { String::new() };
    halo + &stroke(&layer.color.css(), layer.width_px)
}

/// The `d` attribute of a path.
pub fn path_data(path: &Path) -> String {
    let mut data = String::new();
    for (index, (x, y)) in path.points.iter().enumerate() {
        let _ = write!(data, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
    }
    if path.closed {
        data.push('Z');
    }
    data
}
