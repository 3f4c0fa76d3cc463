//! Who may speak to the server: accounts with their authority, by bearer token.

use crate::chain::hexadecimal;
use anyhow::Context;
use registry::Actor;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// One account: its authority, and the SHA-256 of its token, never the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    token_sha256: String,
    actor: Actor,
}

/// All accounts, by the SHA-256 of their tokens.
pub struct Accounts(BTreeMap<String, Actor>);

impl Accounts {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or holds no accounts.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let accounts = list(path)?;
        Ok(Self(accounts.into_iter().map(|one| (one.token_sha256, one.actor)).collect()))
    }

    /// Whose token it is.
    pub(crate) fn who(&self, token: &str) -> Option<&Actor> {
        self.0.get(&digest(token))
    }

    /// Adds an account to the file, which is made when it is not there; returns the token, which is
    /// nowhere else.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn add(path: &Path, actor: Actor) -> anyhow::Result<String> {
        let mut accounts = if path.exists() { list(path)? } else { Vec::new() };
        let mut random = [0u8; 32];
        let source = "/dev/urandom";
        std::fs::File::open(source).and_then(|mut f| f.read_exact(&mut random)).context(source)?;
        let token = hexadecimal(&random);
        // An account has one token: the old one ends.
        accounts.retain(|one| one.actor.account != actor.account);
        accounts.push(Account { token_sha256: digest(&token), actor });
        let text = serde_json::to_string_pretty(&accounts)? + "\n";
        crate::vault::write_whole(path, text.as_bytes())
            .with_context(|| path.display().to_string())?;
        Ok(token)
    }
}

fn list(path: &Path) -> anyhow::Result<Vec<Account>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{}: no accounts", path.display()))
}

fn digest(token: &str) -> String {
    hexadecimal(&Sha256::digest(token))
}
