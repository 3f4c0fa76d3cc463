//! The WGSL says what `layout` says: read with naga, without any device.

use super::tasks::{self, AnswerHeader, DigestRange, Ranking, State, Task};
use super::{BITS_BYTES, COST_BASE, NORMS_BYTES, RECORD_WORDS, SIMILARITY_BITS, THETAS_BYTES};
use crate::device::{peaks, pipelines::sources};
use matching::record::{CYLINDERS, WORDS};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Expression, Literal, Module, ScalarKind, TypeInner};
use std::mem::offset_of;

/// Least workgroup memory of any device (WebGPU downlevel defaults), bytes.
const WORKGROUP_BYTES_MAX: u32 = 16_352;

fn modules() -> [(&'static str, Module); 5] {
    let sources = [
        ("stage1_workgroup", sources::STAGE1_WORKGROUP),
        ("stage1_subgroup", sources::STAGE1_SUBGROUP),
        ("ranking", sources::RANKING),
        ("digest", sources::DIGEST),
        ("peaks", peaks::SOURCE),
    ];
    sources.map(|(name, source)| {
        let module = naga::front::wgsl::parse_str(source)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(source)));
        (name, module)
    })
}

fn module(name: &str) -> Module {
    modules().into_iter().find(|(found, _)| *found == name).expect("the module exists").1
}

fn constant(module: &Module, name: &str) -> u32 {
    let (_, constant) = module
        .constants
        .iter()
        .find(|(_, constant)| constant.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("there is no constant {name}"));
    match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(value)) => value,
        ref other => panic!("{name} is {other:?}"),
    }
}

/// Offsets and names of the members of a struct, and its size.
fn members(module: &Module, name: &str) -> (Vec<(String, u32)>, u32) {
    let (_, found) = module
        .types
        .iter()
        .find(|(_, ty)| ty.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("there is no struct {name}"));
    let TypeInner::Struct { members, span } = &found.inner else { panic!("{name} is no struct") };
    let named = members.iter().map(|m| (m.name.clone().expect("it has a name"), m.offset));
    (named.collect(), *span)
}

/// Checks that the members listed lie where Rust has them; those called unused have no twin.
fn check_struct(module: &Module, name: &str, expected: &[(&str, usize)], bytes: usize) {
    let (members, span) = members(module, name);
    let used: Vec<(String, u32)> =
        members.into_iter().filter(|(name, _)| !name.starts_with("unused")).collect();
    let expected: Vec<(String, u32)> =
        expected.iter().map(|(name, offset)| ((*name).to_owned(), *offset as u32)).collect();
    assert_eq!(used, expected, "{name}");
    assert_eq!(span as usize, bytes, "{name}");
}

macro_rules! offsets {
    ($of:ty: $($field:ident),*) => { [$((stringify!($field), offset_of!($of, $field))),*] };
}

#[test]
fn every_module_is_valid() {
    for (name, module) in modules() {
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::all());
        validator.validate(&module).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

#[test]
fn kernels_know_integers_only() {
    for (name, module) in modules() {
        let scalar = |inner: &TypeInner| inner.scalar().map(|scalar| scalar.kind);
        for (_, ty) in module.types.iter() {
            assert_ne!(scalar(&ty.inner), Some(ScalarKind::Float), "{name}: {:?}", ty.name);
        }
    }
}

#[test]
fn constants_of_stage1_are_those_of_the_layout() {
    for name in ["stage1_workgroup", "stage1_subgroup"] {
        let module = module(name);
        let expected = [
            ("CYLINDERS", CYLINDERS),
            ("WORDS", WORDS),
            ("RECORD_WORDS", RECORD_WORDS),
            ("THETAS_WORD", THETAS_BYTES / 4),
            ("NORMS_WORD", NORMS_BYTES / 4),
            ("BITS_WORD", BITS_BYTES / 4),
            ("PRINT_QUADS", tasks::PRINT_QUADS),
            ("PRINT_GATES_QUAD", tasks::PRINT_GATES_QUAD),
            ("PRINT_HEADER_QUAD", tasks::PRINT_HEADER_QUAD),
            ("COST_BASE", COST_BASE as usize),
            ("SIMILARITY_BITS", SIMILARITY_BITS as usize),
            ("ANY_EXTRACTOR", tasks::ANY_EXTRACTOR as usize),
            ("ROWS", tasks::ROWS as usize),
        ];
        for (constant_name, value) in expected {
            assert_eq!(constant(&module, constant_name) as usize, value, "{name} {constant_name}");
        }
    }
}

#[test]
fn constants_of_the_other_kernels_are_those_of_the_layout() {
    let ranking = module("ranking");
    let digest = module("digest");
    assert_eq!(constant(&ranking, "WORKGROUP"), tasks::WORKGROUP);
    assert_eq!(constant(&ranking, "DIGITS"), tasks::DIGITS);
    assert_eq!(constant(&ranking, "DIGIT_BITS"), tasks::DIGIT_BITS);
    assert_eq!(constant(&ranking, "BINS") as usize, tasks::BINS);
    assert_eq!(constant(&digest, "WORKGROUP"), tasks::WORKGROUP);
    assert_eq!(constant(&digest, "RECORD_WORDS") as usize, RECORD_WORDS);
    assert_eq!(constant(&digest, "PLACE"), tasks::DIGEST_PLACE);
    assert_eq!(constant(&digest, "OWNER_PLACE"), tasks::DIGEST_OWNER_PLACE);
}

#[test]
fn structs_lie_as_in_the_layout() {
    let task = offsets!(Task: first, count, persons, prints_low, prints_high, counted, prints);
    for name in ["stage1_workgroup", "stage1_subgroup"] {
        check_struct(&module(name), "Task", &task, size_of::<Task>());
    }
    let ranking = module("ranking");
    let row = offsets!(Ranking: persons, print, digit, limit, tied_max, grid_width);
    check_struct(&ranking, "Ranking", &row, size_of::<Ranking>());
    let state = offsets!(State: bins, prefix, room, everyone);
    check_struct(&ranking, "State", &state, size_of::<State>());
    let header = offsets!(AnswerHeader: eligible, above, tied, cut, room);
    let entries = ("entries", size_of::<AnswerHeader>());
    // An array without a length counts as one entry.
    let bytes = size_of::<AnswerHeader>() + 4;
    check_struct(&ranking, "Answer", &[&header[..], &[entries]].concat(), bytes);
    let range = offsets!(DigestRange: first, count);
    check_struct(&module("digest"), "Range", &range, size_of::<DigestRange>());
}

#[test]
fn workgroups_have_the_lanes_of_the_layout_and_fit_every_device() {
    for (name, module) in modules() {
        for entry in &module.entry_points {
            let expected = match (name, entry.name.as_str()) {
                ("stage1_workgroup", _) => [tasks::ROW_LANES, tasks::ROWS, 1],
                // What is overridden counts as one; it follows the subgroups of the device.
                ("stage1_subgroup", _) => [1, 1, 1],
                _ => [tasks::WORKGROUP, 1, 1],
            };
            assert_eq!(entry.workgroup_size, expected, "{name} {}", entry.name);
        }
        let shared: u32 = module
            .global_variables
            .iter()
            .filter(|(_, variable)| variable.space == AddressSpace::WorkGroup)
            .map(|(_, variable)| module.types[variable.ty].inner.size(module.to_ctx()))
            .sum();
        assert!(shared <= WORKGROUP_BYTES_MAX, "{name} takes {shared} bytes");
    }
}
