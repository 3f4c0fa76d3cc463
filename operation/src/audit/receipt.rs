//! `tanba audit receipt`: who signed a receipt, and whether the audit chain says the same.

use super::verify::read_each;
use crate::connection::SecurityArguments;
use crate::file::ClusterFile;
use crate::receipt::ErasureReceipt;
use anyhow::{Context, bail};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use terminal::output::{Exit, Output};
use transport::{Audited, Receipt, Security};

/// Arguments of `tanba audit receipt`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The receipt: of `identify --receipt`, `verify --receipt` or `erase --receipt`.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The certificate of the authority that the coordinator must have had its own from:
    /// authority.pem.
    #[arg(long, value_name = "FILE", required_unless_present = "cluster")]
    authority: Option<PathBuf>,
    /// Take the authority of a cluster: its cluster file. Nobody is asked.
    #[arg(long, value_name = "FILE", conflicts_with = "authority", help_heading = "Cluster")]
    cluster: Option<PathBuf>,
    #[command(flatten)]
    security: SecurityArguments,
    /// An export of the audit chain, which must be whole and say the same.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// What was found out.
#[derive(Serialize)]
struct Examined {
    file: String,
    /// Word by word.
    says: String,
    /// Name in the certificate of who signed; `None` when nobody vouches for it.
    signed_by: Option<String>,
    /// Whether the export holds the same; `None` without one.
    audited: Option<bool>,
    faults: Vec<String>,
}

/// Examines.
pub(super) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<ExitCode> {
    let receipt = arguments.receipt()?;
    let mut faults = Vec::new();
    let signed_by = match receipt.verify(&arguments.authority()?) {
        Ok(identity) => Some(identity.to_string()),
        Err(error) => {
            faults.push(error.to_string());
            None
        }
    };
    let audited = arguments.export.as_ref().map(|path| -> anyhow::Result<bool> {
        let mut audited = Audited::default();
        let read = read_each(path, |record| audited.see(record, receipt.text()))?;
        faults.extend(read.faults.iter().map(|fault| format!("{}: {fault}", path.display())));
        if !audited.is_whole() {
            faults.push(format!("{} does not hold what the receipt says", path.display()));
        }
        Ok(audited.is_whole())
    });
    let examined = Examined {
        file: arguments.file.display().to_string(),
        says: receipt.text().to_owned(),
        signed_by,
        audited: audited.transpose()?,
        faults,
    };
    output.answer(&examined, Examined::text)?;
    Ok(if examined.faults.is_empty() { Exit::Found } else { Exit::NotFound }.into())
}

impl Arguments {
    fn receipt(&self) -> anyhow::Result<Receipt> {
        let name = self.file.display();
        let content = std::fs::read_to_string(&self.file).with_context(|| name.to_string())?;
        let signed = match serde_json::from_str::<ErasureReceipt>(&content) {
            Ok(erasure) => erasure.signed.with_context(|| {
                format!("{name} was not signed: the cluster ran without certificates")
            })?,
            Err(_) => content,
        };
        Receipt::of_file(&signed).with_context(|| name.to_string())
    }

    fn authority(&self) -> anyhow::Result<Vec<u8>> {
        if let Some(path) = &self.authority {
            return std::fs::read(path).with_context(|| path.display().to_string());
        }
        let cluster = self.cluster.as_ref().context("give --authority or --cluster")?;
        match self.security.open(&ClusterFile::read(cluster)?)? {
            Security::Mutual(own) => Ok(own.authority().to_vec()),
            Security::Plain => bail!("without certificates nobody signs: leave out --plain"),
        }
    }
}

impl Examined {
    fn text(&self) -> String {
        let mut text = format!("{}\n", self.says.trim_end());
        text.push('\n');
        if let Some(signed_by) = &self.signed_by {
            text.push_str(&format!("signed by {signed_by}; the signature holds\n"));
        }
        if self.audited == Some(true) {
            text.push_str("the audit chain says the same\n");
        }
        for fault in &self.faults {
            text.push_str(&format!("fault: {fault}\n"));
        }
        text
    }
}
