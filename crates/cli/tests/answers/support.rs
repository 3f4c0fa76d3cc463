//! Runs the program and makes prints for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use synthesis::{Impression, ImpressionParameters, MasterParameters, MasterPrint, derive_seed};

/// What the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The answer as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

/// Runs the program with these arguments.
pub(crate) fn tanba<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_tanba")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code().unwrap(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A folder of its own for a test.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes impressions `1..=impressions` of one finger as `PREFIX_N.png`; returns their paths.
    pub(crate) fn finger(&self, prefix: &str, seed: u64, impressions: u64) -> Vec<String> {
        let master = MasterPrint::generate(seed, &MasterParameters::default());
        let write = |number: u64| {
            let seed = derive_seed(seed, [number, 0, 0]);
            let impression = Impression::render(&master, seed, &ImpressionParameters::good());
            let png = formats::image::encode_png(&impression.image, Some(500));
            self.write(&format!("{prefix}_{number}.png"), &png)
        };
        (1..=impressions).map(write).collect()
    }
}

/// The extractor's template of an image file.
pub(crate) fn template(path: &str) -> vocabulary::Template {
    let bytes = std::fs::read(PathBuf::from(path)).unwrap();
    let decoded = formats::image::decode(&bytes, &Default::default()).unwrap();
    extraction::extract_template(&decoded.image, 500.0, &Default::default()).unwrap()
}
