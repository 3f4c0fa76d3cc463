//! `cargo xtask simulate`: simulated clusters with faults, from seeds.

use crate::process;

/// Where figures lie between two programs.
const FIGURES: &str = "target/simulation.json";

/// Builds the simulation, with seeded bugs only when they are asked for, and runs it. With
/// `--record DIR` the figures become a record there.
///
/// # Errors
/// When a seed breaks an invariant, or a seeded bug is not found; the output says how to see it
/// again, and the record is written all the same.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (arguments, folder) = without_record(arguments)?;
    let with_bugs = arguments.iter().any(|argument| argument.starts_with("--mutation"));
    let mut words = vec!["run", "--quiet", "--release", "--locked", "--package", "simulation"];
    if with_bugs {
        words.extend(["--features", "mutations"]);
    }
    words.extend(["--bin", "simulate", "--"]);
    words.extend(arguments.iter().map(String::as_str));
    if folder.is_some() {
        words.extend(["--figures", FIGURES]);
    }
    let result = process::run("cargo", &words);
    if let Some(folder) = folder {
        let bench = if with_bugs { "seeded-bugs" } else { "simulation" };
        let command = ["cargo xtask simulate", &arguments.join(" ")].join(" ");
        let filing =
            ["file", FIGURES, "--bench", bench, "--command", &command, "--record", &folder];
        let cargo = ["run", "--quiet", "--release", "--locked", "--package", "bench", "--"];
        process::run("cargo", &[&cargo[..], &filing[..]].concat())?;
    }
    result
}

/// The arguments of the simulation, and the folder for the record.
fn without_record(arguments: &[String]) -> Result<(Vec<String>, Option<String>), String> {
    let mut rest = arguments.to_vec();
    let Some(at) = rest.iter().position(|argument| argument == "--record") else {
        return Ok((rest, None));
    };
    if at + 1 >= rest.len() {
        return Err("--record needs the folder of the records".into());
    }
    let folder = rest.drain(at..=at + 1).nth(1);
    Ok((rest, folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_records_is_taken_out_of_what_the_simulation_is_told() {
        let split = |words: &[&str]| {
            without_record(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        let plain = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(split(&["--seeds", "5"]), Ok((plain(&["--seeds", "5"]), None)));
        let (rest, folder) =
            split(&["--seeds", "5", "--record", "records", "--from", "2"]).unwrap();
        assert_eq!(rest, plain(&["--seeds", "5", "--from", "2"]) as Vec<String>);
        assert_eq!(folder.as_deref(), Some("records"));
        assert!(split(&["--record"]).is_err());
    }
}
