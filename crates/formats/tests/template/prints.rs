//! Templates of no person, for the other tests.

use proptest::collection::vec;
use proptest::prelude::*;
use vocabulary::{
    Direction, ExtractorVersion, FingerPosition, ImpressionType, Minutia, MinutiaKind, RidgeFlow,
    Template, TemplateHeader,
};

const KINDS: [MinutiaKind; 3] = [MinutiaKind::Other, MinutiaKind::Ending, MinutiaKind::Bifurcation];

pub(crate) fn header(position: u8, width_px: u16, height_px: u16) -> TemplateHeader {
    TemplateHeader {
        width_px,
        height_px,
        position: FingerPosition::new(position).unwrap(),
        impression: ImpressionType::LIVE_SCAN_PLAIN,
        quality: 70,
        extractor: ExtractorVersion(1),
    }
}

/// A template of `count` minutiae scattered over 300 x 400 pixels, reliability falling from 100.
pub(crate) fn scattered(position: u8, count: usize) -> Template {
    let minutia = |i: usize| {
        let (x, y) = (i * 1_237 % 4_800, i * 2_741 % 6_400);
        let direction = Direction::from_turns_65536((i * 7_919) as u16);
        let reliability = 100 - (i / 6).min(100) as u8;
        Minutia::new(x as u16, y as u16, direction, KINDS[i % 3], reliability).unwrap()
    };
    Template::new(header(position, 300, 400), (0..count).map(minutia).collect(), None).unwrap()
}

fn minutia(width_px: u16, height_px: u16) -> impl Strategy<Value = Minutia> {
    let (x, y) = (0..u32::from(width_px) * 16, 0..u32::from(height_px) * 16);
    (x, y, any::<u16>(), 0..3usize, 0..=100u8).prop_map(|(x, y, direction, kind, reliability)| {
        let direction = Direction::from_turns_65536(direction);
        Minutia::new(x as u16, y as u16, direction, KINDS[kind], reliability).unwrap()
    })
}

fn ridge_flow() -> impl Strategy<Value = Option<RidgeFlow>> {
    let cell = prop_oneof![0..RidgeFlow::ORIENTATIONS, Just(RidgeFlow::BACKGROUND)];
    let flow = (0..6u16, 0..6u16).prop_flat_map(move |(columns, rows)| {
        vec(cell.clone(), usize::from(columns * rows))
            .prop_map(move |cells| RidgeFlow::new(columns, rows, cells).unwrap())
    });
    proptest::option::of(flow)
}

/// Any template, of up to `minutiae_max` minutiae.
pub(crate) fn any_template(minutiae_max: usize) -> impl Strategy<Value = Template> {
    let side = || prop_oneof![1..=4096u16, 200..=500u16];
    let sides_and_minutiae = (side(), side()).prop_flat_map(move |(width, height)| {
        (Just(width), Just(height), vec(minutia(width, height), 0..=minutiae_max))
    });
    let header = (0..=17u8, any::<u8>(), 0..=100u8, 0..3u16);
    (sides_and_minutiae, header, ridge_flow()).prop_map(|(content, header, flow)| {
        let (width_px, height_px, minutiae) = content;
        let (position, impression, quality, extractor) = header;
        let header = TemplateHeader {
            width_px,
            height_px,
            position: FingerPosition::new(position).unwrap(),
            impression: ImpressionType(impression),
            quality,
            extractor: ExtractorVersion(extractor),
        };
        Template::new(header, minutiae, flow).unwrap()
    })
}
