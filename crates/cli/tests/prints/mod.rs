//! Small synthetic prints in files, and the program itself, for the tests of the storage commands.

#![allow(dead_code, unreachable_pub, reason = "every test file uses another part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WIDTH: usize = 208;
const HEIGHT: usize = 256;
const MINUTIAE: usize = 36;
/// Distance between ridges at 500 ppi, in pixels.
const PERIOD: f64 = 9.0;

/// A PGM file of ridges with minutiae scattered from a seed. Ridges run level; at every minutia
/// their phase winds once around, which ends a ridge there. A little noise keeps compressors from
/// shortening it, so that its bytes can be looked for in files.
pub fn print(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF1;
    let mut random = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % limit
    };
    let minutiae: Vec<(f64, f64, f64)> = (0..MINUTIAE)
        .map(|n| {
            let (x, y) = (20 + random(WIDTH - 40), 20 + random(HEIGHT - 40));
            (x as f64 + 0.5, y as f64 + 0.5, if n % 2 == 0 { 1.0 } else { -1.0 })
        })
        .collect();
    let mut bytes = format!("P5\n{WIDTH} {HEIGHT}\n255\n").into_bytes();
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (x, y) = (x as f64, y as f64);
            let winding = |(mx, my, sign): &(f64, f64, f64)| sign * (y - my).atan2(x - mx);
            let phase =
                y * std::f64::consts::TAU / PERIOD + minutiae.iter().map(winding).sum::<f64>();
            bytes.push((128.0 + 90.0 * phase.cos()) as u8 + random(24) as u8);
        }
    }
    bytes
}

/// Writes prints named `{subject}_{impression}.pgm` and returns their paths, in order.
pub fn folder_of_prints(dir: &Path, subjects: usize, impressions: usize) -> Vec<PathBuf> {
    std::fs::create_dir_all(dir).unwrap();
    let mut paths = Vec::new();
    for subject in 0..subjects {
        for impression in 0..impressions {
            let path = dir.join(format!("s{subject:02}_{impression}.pgm"));
            std::fs::write(&path, print((subject * 100 + impression) as u64)).unwrap();
            paths.push(path);
        }
    }
    paths
}

/// The program.
pub fn tanba() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tanba"))
}

/// Runs the program to its end.
pub fn run<I, S>(arguments: I) -> Output
where
    I: IntoIterator<Item = S>,
    S: AsRef<std::ffi::OsStr>,
{
    tanba().args(arguments).output().unwrap()
}

/// Exit code, standard output and standard error of a run.
pub fn said(output: &Output) -> (i32, String, String) {
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The lines of a JSON answer with this event.
pub fn events(stdout: &str, event: &str) -> Vec<serde_json::Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|value| value["event"] == event)
        .collect()
}
