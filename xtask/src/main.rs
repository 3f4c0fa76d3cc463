//! `cargo xtask`: set-up, checks and the demonstration, on the standard library alone so that it
//! starts within seconds on a machine that has only Rust and git.

mod chaos;
mod demo;
mod fuzz;
mod process;
mod requirements;
mod simulate;
mod system_packages;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  demo [ARGS]   install what the build needs, build, and run the main job on synthetic persons:
                generate, enroll, identify, report; ARGS go to `tanba demo` (try --help)
  test          install what the build needs and run every check: format, tidy, clippy, licences,
                unit, property, golden, integration and doc tests
  tidy          the checks of the source text alone (sizes, layers, forbidden words); seconds
  setup         only install what the build and the tests need
  requirements  write docs/requirements.md: which test proves which registration rule
  simulate      run a simulated cluster with faults: --seeds N --from S for many, --seed S for one
                twice with what happened, --mutations for every seeded bug until it is found;
                --record DIR writes the figures down
  chaos         run a cluster of real processes under faults and check every answer: --minutes N,
                --seed S, --record DIR (try --help)
  fuzz [SECS]   run every fuzz target for SECS seconds each (60); needs a nightly toolchain

examples:
  cargo xtask demo
  cargo xtask demo --persons 500 --seed 7 --report /tmp/report.html
  cargo xtask test
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "chaos" => chaos::run(&rest),
        "demo" => demo::run(&rest),
        "test" => test::run(),
        "tidy" => tidy::run(),
        "setup" => system_packages::install_for_tests(),
        "fuzz" => fuzz::run(&rest),
        "requirements" => requirements::write(),
        "simulate" => simulate::run(&rest),
        "" | "help" | "--help" | "-h" => {
            eprint!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("`{other}` is no command\n\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
