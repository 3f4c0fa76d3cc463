//! The folder of a register on one machine.

use crate::{Carrier, Engine, FileDrop, FolderLedger, Office, OfficeError, Vault, Worked};
use jiff::Timestamp;
use registry::{Calendar, RuleSet, Rulebook};
use std::path::{Path, PathBuf};

/// An office with its engine, its vault and its neighbours, all in one folder.
pub struct Desk {
    /// The office.
    pub office: Office<FolderLedger>,
    /// Images and scans.
    pub vault: Vault,
    engine: Box<dyn Engine + Send>,
    folder: PathBuf,
}

/// Every version of the rules that this release ships.
fn rules() -> Rulebook {
    let rules = Rulebook::new(vec![RuleSet::decree_246()]);
    rules.expect("the rules that are shipped are checked by a test of theirs")
}

impl Desk {
    /// Makes a new register in a folder.
    ///
    /// # Errors
    /// When there is one already, or the folder cannot be written.
    pub fn found(
        folder: &Path,
        now: Timestamp,
        engine: Box<dyn Engine + Send>,
    ) -> Result<Self, OfficeError> {
        let ledger = FolderLedger::create(&ledger(folder))?;
        let office = Office::found(ledger, rules(), Calendar::kazakhstan(), now)?;
        Ok(Self::with(office, folder, engine))
    }

    /// Opens the register of a folder.
    ///
    /// # Errors
    /// When there is none, or its ledger is not whole.
    pub fn open(folder: &Path, engine: Box<dyn Engine + Send>) -> Result<Self, OfficeError> {
        Ok(Self::with(Self::office(folder)?, folder, engine))
    }

    /// The office of a folder alone, for who only looks.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn office(folder: &Path) -> Result<Office<FolderLedger>, OfficeError> {
        Office::open(FolderLedger::open(&ledger(folder))?, rules())
    }

    /// The vault of a folder.
    pub fn vault(folder: &Path) -> Vault {
        Vault::new(&folder.join("vault"))
    }

    fn with(office: Office<FolderLedger>, folder: &Path, engine: Box<dyn Engine + Send>) -> Self {
        Self { office, vault: Self::vault(folder), engine, folder: folder.to_owned() }
    }

    /// Where printed forms lie.
    pub fn forms(&self) -> PathBuf {
        self.folder.join("forms")
    }

    /// Where the genomic subsystem puts its profiles.
    pub fn profiles(&self) -> PathBuf {
        self.folder.join("genomic")
    }

    /// Carries out what waits.
    ///
    /// # Errors
    /// As [`Office::work`].
    pub fn work(&mut self, now: Timestamp) -> Result<Worked, OfficeError> {
        let mut neighbours = FileDrop::new(&self.folder.join("told"));
        let (forms, profiles) = (self.forms(), self.profiles());
        let mut carrier = Carrier {
            engine: &mut *self.engine,
            neighbours: &mut neighbours,
            vault: &self.vault,
            forms: &forms,
            profiles: &profiles,
        };
        self.office.work(&mut carrier, now)
    }
}

fn ledger(folder: &Path) -> PathBuf {
    folder.join("registry")
}
