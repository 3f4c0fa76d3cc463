//! What a process shows and demands when it connects.

use crate::certificates::{AUTHORITY, CERTIFICATE, KEY};
use crate::identity::{Identity, IdentityError, Role, ends_s};
use rcgen::KeyPair;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tonic::Request;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Server, ServerTlsConfig};

/// Why certificates cannot be used.
#[derive(Debug, Error)]
pub enum SecurityError {
    /// A file cannot be read.
    #[error("{path}: {source}; `tanba certs issue` makes the files of a process")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The certificate names nobody.
    #[error("{path}: {source}")]
    Identity {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: IdentityError,
    },
    /// The certificate is of another process.
    #[error("{path} is the certificate of {found}, but {wanted} is needed")]
    WrongIdentity {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        found: Identity,
        /// What is needed.
        wanted: String,
    },
    /// The key is none, or of a kind that nothing here signs with.
    #[error("{path} holds no key that can be used: {source}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rcgen::Error,
    },
    /// Plain text beyond this machine.
    #[error("{0} is not a loopback address: without certificates only those are allowed")]
    PlainBeyondLoopback(SocketAddr),
    /// The address is none.
    #[error("{0} is no address of the form host:port")]
    Address(String),
    /// The library refused the files.
    #[error("the certificates cannot be used: {0}")]
    Library(#[from] tonic::transport::Error),
}

/// How a process connects and lets connect.
#[derive(Clone)]
pub enum Security {
    /// Both sides show certificates of the cluster's authority.
    Mutual(Box<Credentials>),
    /// Nothing is encrypted and everybody is who he claims to be: on loopback addresses only.
    Plain,
}

/// The certificate of this process, its key and the authority's certificate.
#[derive(Clone)]
pub struct Credentials {
    identity: Identity,
    path: PathBuf,
    authority: Certificate,
    own: tonic::transport::Identity,
    certificate: CertificateDer<'static>,
    key: Arc<KeyPair>,
}

impl Credentials {
    /// Reads the three files of a folder.
    ///
    /// # Errors
    /// When one is missing or does not say who this is.
    pub fn load(folder: &Path) -> Result<Self, SecurityError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| SecurityError::File { path, source })
        };
        let (authority, certificate, key) = (read(AUTHORITY)?, read(CERTIFICATE)?, read(KEY)?);
        let path = folder.join(CERTIFICATE);
        let (der, identity) = CertificateDer::from_pem_slice(&certificate)
            .map_err(|_| IdentityError::Certificate)
            .and_then(|der| Identity::of_certificate(&der).map(|identity| (der, identity)))
            .map_err(|source| SecurityError::Identity { path: path.clone(), source })?;
        let own = tonic::transport::Identity::from_pem(certificate, &key);
        let key = KeyPair::from_pem(&String::from_utf8_lossy(&key))
            .map_err(|source| SecurityError::Key { path: folder.join(KEY), source })?;
        let authority = Certificate::from_pem(authority);
        Ok(Self { identity, path, authority, own, certificate: der, key: Arc::new(key) })
    }

    /// When the certificate ends, in seconds since 1970, as far as it says.
    pub fn ends_s(&self) -> Option<i64> {
        ends_s(&self.certificate)
    }

    pub(crate) fn key(&self) -> &KeyPair {
        &self.key
    }

    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The authority's certificate, as PEM.
    pub fn authority(&self) -> &[u8] {
        self.authority.as_ref()
    }

    /// Whose they are.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Refuses those of anybody else.
    ///
    /// # Errors
    /// [`SecurityError::WrongIdentity`].
    pub fn expect(self, role: Role, id: u64) -> Result<Self, SecurityError> {
        if self.identity.role() == role && self.identity.id() == id {
            return Ok(self);
        }
        let wanted = format!("{role} {id}");
        Err(SecurityError::WrongIdentity { path: self.path, found: self.identity, wanted })
    }
}

/// Who is at the other end of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Whom the certificate names.
    Known(Identity),
    /// Somebody on this machine, without a certificate, where that is allowed.
    Local,
}

impl Caller {
    /// Whether the caller has one of these roles.
    pub fn has_role(&self, roles: &[Role]) -> bool {
        match self {
            Self::Known(identity) => roles.contains(&identity.role()),
            Self::Local => true,
        }
    }

    /// Whether the caller is this one.
    pub fn is(&self, role: Role, id: u64) -> bool {
        match self {
            Self::Known(identity) => identity.role() == role && identity.id() == id,
            Self::Local => true,
        }
    }

    /// The id of a known caller, 0 for a local one.
    pub fn id(&self) -> u64 {
        match self {
            Self::Known(identity) => identity.id(),
            Self::Local => 0,
        }
    }
}

const CONNECT: Duration = Duration::from_secs(1);
/// A connection that has not shown its certificate by then is closed.
const HANDSHAKE: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// Lets a stream carry about so much that was not yet read, in bytes.
const WINDOW_BYTES: u32 = 4 << 20;
/// Calls at a time on one connection.
const STREAMS_MAX: u32 = 256;

impl Security {
    /// A server that listens on `address`.
    ///
    /// # Errors
    /// When the address is not allowed without certificates, or these cannot be used.
    pub fn server(&self, address: SocketAddr) -> Result<Server, SecurityError> {
        let server = Server::builder()
            .http2_keepalive_interval(Some(KEEP_ALIVE))
            .http2_keepalive_timeout(Some(KEEP_ALIVE))
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_concurrent_streams(STREAMS_MAX)
            // All calls of a client may run out of time at once; that is no attack.
            .http2_max_pending_accept_reset_streams(Some(STREAMS_MAX as usize));
        match self {
            Self::Mutual(own) => {
                let tls = ServerTlsConfig::new()
                    .timeout(HANDSHAKE)
                    .identity(own.own.clone())
                    .client_ca_root(own.authority.clone());
                Ok(server.tls_config(tls)?)
            }
            Self::Plain if address.ip().is_loopback() => Ok(server),
            Self::Plain => Err(SecurityError::PlainBeyondLoopback(address)),
        }
    }

    /// A server to connect to. With an id, the server must be that one.
    ///
    /// # Errors
    /// When the address is none or not allowed, or the certificates cannot be used.
    pub fn endpoint(
        &self,
        address: &str,
        role: Role,
        id: Option<u64>,
    ) -> Result<Endpoint, SecurityError> {
        let scheme = if matches!(self, Self::Plain) { "http" } else { "https" };
        let wrong = || SecurityError::Address(address.to_owned());
        let endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))
            .map_err(|_| wrong())?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES);
        match self {
            Self::Mutual(own) => {
                let cluster = own.identity.cluster();
                let host = match id {
                    Some(id) => Identity::new(cluster, role, id).map_err(|_| wrong())?.host(),
                    None => Identity::role_host(cluster, role),
                };
                let tls = ClientTlsConfig::new()
                    .ca_certificate(own.authority.clone())
                    .identity(own.own.clone())
                    .domain_name(host);
                Ok(endpoint.tls_config(tls)?)
            }
            Self::Plain => {
                let parsed: SocketAddr = address.parse().map_err(|_| wrong())?;
                match parsed.ip().is_loopback() {
                    true => Ok(endpoint),
                    false => Err(SecurityError::PlainBeyondLoopback(parsed)),
                }
            }
        }
    }

    /// Who makes a call; `None` for somebody who shows no certificate of this cluster.
    pub(crate) fn caller<T>(&self, request: &Request<T>) -> Option<Caller> {
        let Self::Mutual(own) = self else { return Some(Caller::Local) };
        let certificates = request.peer_certs()?;
        let identity = Identity::of_certificate(certificates.first()?).ok()?;
        (identity.cluster() == own.identity.cluster()).then_some(Caller::Known(identity))
    }
}
