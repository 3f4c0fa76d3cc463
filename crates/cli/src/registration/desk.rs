//! The folder of a registry on this machine.

use super::engine::LocalEngine;
use crate::gallery;
use crate::output::Output;
use anyhow::Context;
use jiff::Timestamp;
use office::{Carrier, FileDrop, FolderLedger, Office, Vault, Worked};
use registry::{Calendar, RuleSet, Rulebook};
use std::path::{Path, PathBuf};

/// An office with its gallery, its vault and its neighbours, all in one folder.
pub(crate) struct Desk {
    pub(crate) office: Office<FolderLedger>,
    pub(crate) vault: Vault,
    engine: LocalEngine,
    folder: PathBuf,
}

/// Every version of the rules that this release ships.
fn rules() -> anyhow::Result<Rulebook> {
    Ok(Rulebook::new(vec![RuleSet::decree_246()])?)
}

impl Desk {
    /// Makes a new registry in a folder.
    pub(crate) fn found(folder: &Path, now: Timestamp, output: &Output) -> anyhow::Result<Self> {
        let ledger = FolderLedger::create(&ledger(folder))?;
        let office = Office::found(ledger, rules()?, Calendar::kazakhstan(), now)?;
        Self::with(office, folder, output)
    }

    /// Opens the registry of a folder with all that it works with.
    pub(crate) fn open(folder: &Path, output: &Output) -> anyhow::Result<Self> {
        Self::with(Self::office(folder)?, folder, output)
    }

    /// The registry of a folder alone, for who only looks.
    pub(crate) fn office(folder: &Path) -> anyhow::Result<Office<FolderLedger>> {
        Ok(Office::open(FolderLedger::open(&ledger(folder))?, rules()?)?)
    }

    /// Images and scans of a folder.
    pub(crate) fn vault(folder: &Path) -> Vault {
        Vault::new(&folder.join("vault"))
    }

    fn with(office: Office<FolderLedger>, folder: &Path, output: &Output) -> anyhow::Result<Self> {
        let options = gallery::options().creating();
        let node = gallery::open(&folder.join("gallery"), &options, output)?;
        let engine = LocalEngine::new(node);
        Ok(Self { office, vault: Self::vault(folder), engine, folder: folder.to_owned() })
    }

    /// Where printed forms lie.
    pub(crate) fn forms(&self) -> PathBuf {
        self.folder.join("forms")
    }

    /// Where the genomic subsystem puts its profiles.
    pub(crate) fn profiles(&self) -> PathBuf {
        self.folder.join("genomic")
    }

    /// Carries out what waits.
    pub(crate) fn work(&mut self, now: Timestamp) -> anyhow::Result<Worked> {
        let mut neighbours = FileDrop::new(&self.folder.join("told"));
        let (forms, profiles) = (self.forms(), self.profiles());
        let mut carrier = Carrier {
            engine: &mut self.engine,
            neighbours: &mut neighbours,
            vault: &self.vault,
            forms: &forms,
            profiles: &profiles,
        };
        self.office.work(&mut carrier, now).context("the outbox could not be worked")
    }
}

fn ledger(folder: &Path) -> PathBuf {
    folder.join("registry")
}
