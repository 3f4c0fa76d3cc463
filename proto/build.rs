//! Generates the wire types and keeps the description of the services for reflection.

use prost::Message;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["link", "service"].map(|name| format!("proto/tanba/v1/{name}.proto"));
    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // Messages carry templates, and a derived `Debug` would print them.
    tonic_prost_build::configure()
        .build_transport(false)
        .skip_debug(["."])
        .compile_fds(descriptors)?;
    println!("cargo::rerun-if-changed=proto");
    Ok(())
}
