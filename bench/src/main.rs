//! `tanba-bench`: accuracy and speed, each figure with a checked answer and its environment.

mod accuracy;
mod answers;
mod baseline;
mod calibrate;
mod compare;
mod contenders;
mod datasets;
mod figure;
mod filed;
mod load;
mod output;
mod page_parts;
mod population;
mod progress;
mod samples;
mod scale;
mod speed;
mod stage0;
mod store;
mod weights;

use bench::{environment, record};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Measures accuracy, speed and scale, compares records, and fits the calibration that ships.
#[derive(Parser)]
#[command(name = "tanba-bench", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tanba-bench accuracy                       every sample set beside MINDTCT + BOZORTH3
  tanba-bench accuracy --set DB1_B --cross   one set, also our minutiae in BOZORTH3
  tanba-bench speed --record bench/records   every speed, written as a record
  tanba-bench scale --report scale.html      10 k to 10 M fingers, with plots
  tanba-bench load --report load.html        a cluster of real processes, up to overload
  tanba-bench compare A.json B.json          what got worse from record A to record B
  tanba-bench calibrate --out table.txt      fit similarity to likelihood ratio anew
  tanba-bench weights --leave-one-out        fit the evidence of stage 3 anew";

#[derive(Subcommand)]
enum Command {
    /// Error rates on the real sample sets, beside an open baseline in the same run
    Accuracy(accuracy::Arguments),
    /// Times of extraction, the stages of comparison, enrollment and search, and sizes
    Speed(speed::Arguments),
    /// Speed and memory of galleries of growing size
    Scale(scale::Arguments),
    /// A cluster of real processes under load, when processes are killed, and at overload
    Load(load::Arguments),
    /// What changed from one record to another; exit code 1 when a figure got worse
    Compare(compare::Arguments),
    /// What a cheaper look at every reference before stage 1 would lose and save
    Stage0(stage0::Arguments),
    /// Fit the calibration table that ships with the matcher
    Calibrate(calibrate::Arguments),
    /// Write figures that another program measured as a record, with this environment
    File(filed::Arguments),
    /// Fit the weights of the evidence of stage 3 and print them
    Weights(weights::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Accuracy(arguments) => accuracy::run(&arguments),
        Command::Speed(arguments) => speed::run(&arguments),
        Command::Scale(arguments) => scale::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Stage0(arguments) => stage0::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::File(arguments) => filed::run(&arguments),
        Command::Weights(arguments) => weights::run(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
