//! Who a process is, as its certificate says.

use rustls_pki_types::{CertificateDer, UnixTime};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// What a process is allowed to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A member of the Raft group.
    Coordinator,
    /// A shard node.
    Node,
    /// A service that enrolls and searches.
    Client,
    /// Somebody who also administers the cluster.
    Operator,
}

impl Role {
    /// As it stands in certificates and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coordinator => "coordinator",
            Self::Node => "node",
            Self::Client => "client",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        [Self::Coordinator, Self::Node, Self::Client, Self::Operator]
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or(IdentityError::Role)
    }
}

/// Why an identity is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// Not one of the four.
    #[error("a role is one of coordinator, node, client, operator")]
    Role,
    /// The name of the cluster.
    #[error("the name of a cluster has 1 to 40 of a-z, 0-9 and '-'")]
    Cluster,
    /// The id.
    #[error("an id is a whole number from 1 on")]
    Id,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read")]
    Certificate,
    /// Not exactly one name of the form `tanba://cluster/role/id`.
    #[error("the certificate does not hold exactly one name tanba://CLUSTER/ROLE/ID")]
    Names,
}

/// A name of the form `tanba://cluster/role/id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    cluster: String,
    role: Role,
    id: u64,
}

impl Identity {
    /// Checked.
    ///
    /// # Errors
    /// When the name of the cluster or the id is out of range.
    pub fn new(cluster: &str, role: Role, id: u64) -> Result<Self, IdentityError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=40).contains(&cluster.len()) || !cluster.chars().all(fits) {
            return Err(IdentityError::Cluster);
        }
        if id == 0 {
            return Err(IdentityError::Id);
        }
        Ok(Self { cluster: cluster.to_owned(), role, id })
    }

    /// What a certificate says. Whoever asks has checked that the cluster's authority signed it.
    ///
    /// # Errors
    /// When it says nothing of the kind, or more than one thing.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, IdentityError> {
        let read = webpki::EndEntityCert::try_from(certificate);
        let read = read.map_err(|_| IdentityError::Certificate)?;
        let mut names = read.valid_uri_names();
        match (names.next(), names.next()) {
            (Some(name), None) => name.parse(),
            _ => Err(IdentityError::Names),
        }
    }

    /// The name of the cluster.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The id, from 1 on; ids of different roles have nothing to do with each other.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The host name under which a server with this identity is known to TLS.
    pub fn host(&self) -> String {
        format!("{}-{}.{}.tanba", self.role, self.id, self.cluster)
    }

    /// The host name that all servers of this role have.
    pub fn role_host(cluster: &str, role: Role) -> String {
        format!("{role}.{cluster}.tanba")
    }
}

/// When a certificate ends, in seconds since 1970. The library says so only of one that has ended:
/// it is asked about the end of time.
pub(crate) fn ends_s(certificate: &CertificateDer<'_>) -> Option<i64> {
    let read = webpki::EndEntityCert::try_from(certificate).ok()?;
    let end_of_time = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX) << 8));
    let (algorithms, usage) = (webpki::ALL_VERIFICATION_ALGS, webpki::KeyUsage::client_auth());
    match read.verify_for_usage(algorithms, &[], &[], end_of_time, usage, None, None) {
        Err(webpki::Error::CertExpired { not_after, .. }) => not_after.as_secs().try_into().ok(),
        _ => None,
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tanba://{}/{}/{}", self.cluster, self.role, self.id)
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let parts: Vec<&str> =
            text.strip_prefix("tanba://").ok_or(IdentityError::Names)?.split('/').collect();
        let [cluster, role, id] = parts[..] else { return Err(IdentityError::Names) };
        Self::new(cluster, role.parse()?, id.parse().map_err(|_| IdentityError::Id)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_nothing_else_is_one() {
        let identity = Identity::new("kz-1", Role::Node, 12).unwrap();
        assert_eq!(identity.to_string(), "tanba://kz-1/node/12");
        assert_eq!(identity.to_string().parse(), Ok(identity));
        let read = |text: &str| text.parse::<Identity>();
        assert_eq!(read("tanba://kz-1/node/0"), Err(IdentityError::Id));
        assert_eq!(read("tanba://kz-1/king/1"), Err(IdentityError::Role));
        assert_eq!(read("tanba://KZ/node/1"), Err(IdentityError::Cluster));
        assert_eq!(read("tanba:///node/1"), Err(IdentityError::Cluster));
        assert_eq!(read("tanba://kz-1/node/1/2"), Err(IdentityError::Names));
        assert_eq!(read("https://kz-1/node/1"), Err(IdentityError::Names));
    }
}
