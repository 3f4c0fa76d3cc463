//! `tanba audit`: who searched for what, who erased, who decided, as a chain anybody can check.

mod export;
mod line;
mod receipt;
mod seal;
mod verify;

use std::process::ExitCode;
use terminal::output::Output;

/// Arguments of `tanba audit`.
#[derive(clap::Args)]
#[command(after_help = "\
Every record of the chain names the SHA-256 of everything before it, so none can be changed, left
out or put in without all later ones changing. An export is a text file, a line for each record; it
names purposes, cases and ids, and holds no prints.

A receipt is what a coordinator signed of one search or erasure. Its file is the text, then the
signature and the certificate as PEM, so it can also be checked with openssl.

Exit codes: 0 done and, for verify and receipt, all is as it says; 1 it is not; 2 error.

Examples:
  tanba audit export --cluster cluster.toml --out audit.jsonl
  tanba audit verify audit.jsonl
  tanba audit verify audit.jsonl --cluster cluster.toml
  tanba audit verify audit.jsonl --receipt erased-kz-7.json
  tanba audit receipt found.receipt --authority authority.pem --export audit.jsonl
  tanba audit seal audit.jsonl --cluster cluster.toml")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Write the chain to a file, or what is new to a file that holds its beginning.
    Export(export::Arguments),
    /// Read an export and compute its chain anew.
    Verify(verify::Arguments),
    /// Say who signed a receipt and what it says, and compare it with an export.
    Receipt(receipt::Arguments),
    /// Let the cluster go of the records that an export holds; it keeps all of them otherwise.
    Seal(seal::Arguments),
}

/// Does it.
pub fn run(arguments: Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Export(arguments) => export::run(&arguments, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
        Command::Receipt(arguments) => receipt::run(&arguments, output),
        Command::Seal(arguments) => seal::run(&arguments, output),
    }
}
