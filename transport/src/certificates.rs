//! A private authority and the certificates it issues, as files.
//!
//! A folder of a process holds `authority.pem`, `certificate.pem` and `key.pem`; the folder of the
//! authority holds `authority.pem` and `authority.key`, which no server needs.

use crate::identity::{Identity, IdentityError, Role};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// The authority's certificate, in every folder.
pub const AUTHORITY: &str = "authority.pem";
/// The authority's key.
pub const AUTHORITY_KEY: &str = "authority.key";
/// The certificate of a process.
pub const CERTIFICATE: &str = "certificate.pem";
/// The key of a process.
pub const KEY: &str = "key.pem";

/// An authority lives so long, in days.
pub const AUTHORITY_DAYS: u32 = 3650;
/// Clocks of a cluster may differ by so much.
const EARLY_DAYS: i64 = 1;

/// Why certificates were not made.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file is there already.
    #[error("{0} is there already and is not overwritten: choose another folder or move it away")]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the authority does not hold what it should.
    #[error("{0} holds no key of an authority made by `tanba certs init`")]
    Authority(PathBuf),
    /// The name asked for is none.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The library refused.
    #[error("the certificate cannot be made: {0}")]
    Library(#[from] rcgen::Error),
}

/// Makes an authority in a folder, which may not hold one yet. `now` is in seconds since 1970.
///
/// # Errors
/// When there is one already, or files cannot be written.
pub fn init(folder: &Path, cluster: &str, now: i64) -> Result<(), CertificateError> {
    Identity::new(cluster, Role::Operator, 1)?;
    refuse_existing(folder, &[AUTHORITY, AUTHORITY_KEY, "cluster"])?;
    let key = KeyPair::generate()?;
    let certificate = authority(cluster, now)?.self_signed(&key)?;
    make_folder(folder)?;
    write(&folder.join(AUTHORITY_KEY), &key.serialize_pem())?;
    write(&folder.join("cluster"), cluster)?;
    write(&folder.join(AUTHORITY), &certificate.pem())
}

/// What to issue.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    /// The folder of the authority.
    pub authority: &'a Path,
    /// For whom.
    pub role: Role,
    /// For whom of these.
    pub id: u64,
    /// Valid so long, in days.
    pub days: u32,
    /// Seconds since 1970.
    pub now: i64,
}

/// Issues a certificate into a folder, which may not hold one yet.
///
/// # Errors
/// When there is one already, the authority cannot be read, or files cannot be written.
pub fn issue(issue: Issue<'_>, folder: &Path) -> Result<Identity, CertificateError> {
    let cluster = read(&issue.authority.join("cluster"))?;
    let identity = Identity::new(cluster.trim(), issue.role, issue.id)?;
    refuse_existing(folder, &[AUTHORITY, CERTIFICATE, KEY])?;
    let authority_pem = read(&issue.authority.join(AUTHORITY))?;
    let key_path = issue.authority.join(AUTHORITY_KEY);
    let authority_key =
        KeyPair::from_pem(&read(&key_path)?).map_err(|_| CertificateError::Authority(key_path))?;
    let issuer = Issuer::new(authority(identity.cluster(), issue.now)?, authority_key);
    let key = KeyPair::generate()?;
    let params = leaf(&identity, issue.now, issue.days)?;
    let certificate = params.signed_by(&key, &issuer)?;
    make_folder(folder)?;
    write(&folder.join(KEY), &key.serialize_pem())?;
    write(&folder.join(CERTIFICATE), &certificate.pem())?;
    write(&folder.join(AUTHORITY), &authority_pem)?;
    Ok(identity)
}

/// Equal for the same cluster save for the dates, so that an issuer made of it names the same
/// authority.
fn authority(cluster: &str, now: i64) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("Tanba authority of {cluster}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_dates(&mut params, now, i64::from(AUTHORITY_DAYS));
    Ok(params)
}

fn leaf(identity: &Identity, now: i64, days: u32) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, identity.host());
    params.subject_alt_names.push(SanType::URI(identity.to_string().try_into()?));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if matches!(identity.role(), Role::Coordinator | Role::Node) {
        let role_host = Identity::role_host(identity.cluster(), identity.role());
        for host in [identity.host(), role_host] {
            params.subject_alt_names.push(SanType::DnsName(host.try_into()?));
        }
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    set_dates(&mut params, now, i64::from(days));
    Ok(params)
}

fn set_dates(params: &mut CertificateParams, now: i64, days: i64) {
    let now = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = now - Duration::days(EARLY_DAYS);
    params.not_after = now + Duration::days(days);
}

fn refuse_existing(folder: &Path, names: &[&str]) -> Result<(), CertificateError> {
    match names.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        Some(path) => Err(CertificateError::Exists(path)),
        None => Ok(()),
    }
}

fn make_folder(folder: &Path) -> Result<(), CertificateError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| CertificateError::File { path: folder.to_owned(), source })
}

/// A new file that its owner alone may read.
fn write(path: &Path, text: &str) -> Result<(), CertificateError> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|source| CertificateError::File { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<String, CertificateError> {
    fs::read_to_string(path)
        .map_err(|source| CertificateError::File { path: path.to_owned(), source })
}
