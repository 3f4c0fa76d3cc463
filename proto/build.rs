//! Generates the wire types, keeps the description of the services for reflection, and writes down
//! what counts when a message is unpacked.

use prost::Message;
use std::fmt::Write as _;
use std::path::PathBuf;
use tonic_prost_build::{Config, FileDescriptorSet};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["link", "service"].map(|name| format!("proto/tanba/v1/{name}.proto"));
    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    std::fs::write(out.join("units.rs"), units(&descriptors))?;
    let mut config = Config::new();
    config.enable_type_names();
    // Messages carry templates, and a derived `Debug` would print them.
    tonic_prost_build::configure()
        .build_transport(false)
        .codec_path("crate::BoundedCodec")
        .skip_debug(["."])
        .compile_fds_with_config(descriptors, config)?;
    println!("cargo::rerun-if-changed=proto");
    Ok(())
}

/// The table that `src/units.rs` includes: by full name of a message, its fields that count.
fn units(descriptors: &FileDescriptorSet) -> String {
    let mut messages = Vec::new();
    for file in &descriptors.file {
        let package = format!(".{}", file.package());
        messages.extend(file.message_type.iter().map(|message| (package.clone(), message)));
    }
    let mut next = 0;
    while let Some((parent, message)) = messages.get(next).cloned() {
        let name = format!("{parent}.{}", message.name());
        messages.extend(message.nested_type.iter().map(|nested| (name.clone(), nested)));
        next += 1;
    }
    let full = |(parent, message): &(String, &_)| -> String {
        let message: &prost_types::DescriptorProto = message;
        format!("{parent}.{}", message.name())
    };
    let names: Vec<String> = messages.iter().map(full).collect();
    let mut text = String::from("&[\n");
    for (name, (_, message)) in names.iter().zip(&messages) {
        let counted = message.field.iter().filter_map(|field| {
            let kind = counts(field, &names)?;
            Some(format!("({}, {kind})", field.number()))
        });
        let fields: Vec<String> = counted.collect();
        writeln!(text, "(\"{}\", &[{}]),", &name[1..], fields.join(", ")).expect("memory");
    }
    text + "]\n"
}

/// How a field counts; `None` for one that takes no more room than its bytes.
fn counts(field: &prost_types::FieldDescriptorProto, names: &[String]) -> Option<String> {
    use prost_types::field_descriptor_proto::{Label, Type};
    match (field.r#type(), field.label()) {
        (Type::Message, _) => {
            let inner = names.iter().position(|name| name == field.type_name());
            Some(format!("Counts::Message({})", inner.expect("it was compiled")))
        }
        (Type::Bytes | Type::String, Label::Repeated) => Some("Counts::One".to_owned()),
        (Type::Fixed64 | Type::Sfixed64 | Type::Double, _) => None,
        (_, Label::Repeated) => Some("Counts::EachByte".to_owned()),
        _ => None,
    }
}
