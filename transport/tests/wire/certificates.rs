//! Files that only their owner reads, and that are never overwritten.

use crate::support::{Authority, now};
use std::os::unix::fs::PermissionsExt;
use transport::certificates::{CertificateError, Issue, init, issue};
use transport::{Credentials, Role, SecurityError};

#[test]
fn keys_are_for_their_owner_alone_and_nothing_is_overwritten() {
    let authority = Authority::new("kz");
    let folder = authority.folder();
    let own = authority.path().join("own");
    let asked = Issue { authority: &folder, role: Role::Node, id: 3, days: 1, now: now() };
    let identity = issue(asked, &own).unwrap();
    assert_eq!(identity.to_string(), "tanba://kz/node/3");
    for path in [folder.join("authority.key"), own.join("key.pem"), own.join("certificate.pem")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    let before = std::fs::read(own.join("key.pem")).unwrap();
    assert!(matches!(issue(asked, &own), Err(CertificateError::Exists(_))));
    assert!(matches!(init(&folder, "kz", now()), Err(CertificateError::Exists(_))));
    assert_eq!(std::fs::read(own.join("key.pem")).unwrap(), before);
}

#[test]
fn credentials_of_another_process_are_refused() {
    let authority = Authority::new("kz");
    authority.issue(Role::Node, 3);
    let load = || Credentials::load(&authority.path().join("node-3")).unwrap();
    assert!(load().expect(Role::Node, 3).is_ok());
    for (role, id) in [(Role::Node, 4), (Role::Coordinator, 3)] {
        let refused = load().expect(role, id);
        assert!(matches!(refused, Err(SecurityError::WrongIdentity { .. })));
    }
}
