//! A text that a coordinator vouches for: signed with the key of its certificate.
//!
//! As a file it is the text itself, as it can be read in court, then two PEM blocks: the signature
//! over all bytes before them (for the keys of `tanba certs issue`: ECDSA with SHA-256 over P-256,
//! ASN.1 as in RFC 5480 and RFC 3279), and the certificate (RFC 7468). So it can also be checked
//! with tools that know nothing of this project.

use crate::identity::{Identity, IdentityError, Role};
use crate::security::Credentials;
use crate::statement::{self, ANSWERED, CLUSTER, line};
use pem::{EncodeConfig, LineEnding, Pem};
use proto::v1;
use rcgen::SigningKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use std::time::Duration;
use thiserror::Error;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

const SIGNATURE: &str = "SIGNATURE";
const CERTIFICATE: &str = "CERTIFICATE";
/// What the signature of a receipt may be.
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] =
    &[ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA384, ring::ED25519];

/// Why a receipt is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// Not a text followed by the two blocks.
    #[error("this is no signed receipt: a text, then a SIGNATURE and a CERTIFICATE block")]
    Form,
    /// Longer than any receipt.
    #[error("this is no receipt: it is longer than {} MiB", BYTES_MAX >> 20)]
    Length,
    /// Its text does not say of which cluster, or when.
    #[error("the receipt has no line `{0}: ...`")]
    Missing(&'static str),
    /// The authority's certificate cannot be used.
    #[error("the authority's certificate cannot be read")]
    Authority,
    /// The certificate is not one of the authority's, or was not valid when the receipt was made.
    #[error("the receipt's certificate is not one of this authority for that time: {0}")]
    Chain(webpki::Error),
    /// The certificate names nobody.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Who signed may not.
    #[error("the receipt was signed by {0}, but only a coordinator of its cluster may")]
    Signer(Identity),
    /// The text is not what was signed.
    #[error("the signature does not fit the text: the receipt was changed, or is a forgery")]
    Signature,
    /// The key cannot sign.
    #[error("the key cannot sign: {0}")]
    Key(String),
}

/// Longest file of a receipt, in bytes: that of ten thousand candidates.
const BYTES_MAX: usize = 16 << 20;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    text: String,
    signature: Vec<u8>,
    certificate: Vec<u8>,
}

impl Receipt {
    /// Signs a text.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub(crate) fn sign(text: String, credentials: &Credentials) -> Result<Self, ReceiptError> {
        let signature = credentials.key().sign(text.as_bytes());
        let signature = signature.map_err(|error| ReceiptError::Key(error.to_string()))?;
        Ok(Self { text, signature, certificate: credentials.certificate().to_vec() })
    }

    /// As it travels.
    pub(crate) fn to_wire(&self) -> v1::Receipt {
        let Self { text, signature, certificate } = self.clone();
        v1::Receipt { text, signature, certificate }
    }

    /// Back; nothing is checked yet.
    pub(crate) fn from_wire(wire: v1::Receipt) -> Self {
        let v1::Receipt { text, signature, certificate } = wire;
        Self { text, signature, certificate }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As a file.
    pub fn to_file(&self) -> String {
        let block = |tag: &str, content: &[u8]| {
            let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
            pem::encode_config(&Pem::new(tag, content), config)
        };
        let signature = block(SIGNATURE, &self.signature);
        let certificate = block(CERTIFICATE, &self.certificate);
        format!("{}{signature}{certificate}", self.text)
    }

    /// Of a file; nothing is checked yet.
    ///
    /// # Errors
    /// When it has not the form of one.
    pub fn of_file(content: &str) -> Result<Self, ReceiptError> {
        if content.len() > BYTES_MAX {
            return Err(ReceiptError::Length);
        }
        let begin = content.find("-----BEGIN").ok_or(ReceiptError::Form)?;
        let (text, blocks) = content.split_at(begin);
        let blocks = pem::parse_many(blocks).map_err(|_| ReceiptError::Form)?;
        let [signature, certificate] = &blocks[..] else { return Err(ReceiptError::Form) };
        if signature.tag() != SIGNATURE || certificate.tag() != CERTIFICATE {
            return Err(ReceiptError::Form);
        }
        Ok(Self {
            text: text.to_owned(),
            signature: signature.contents().to_vec(),
            certificate: certificate.contents().to_vec(),
        })
    }

    /// Who vouches for it: the holder of a certificate that the authority, given as PEM, had
    /// issued, and that was valid at the time in the text.
    ///
    /// # Errors
    /// When nobody does, or somebody who may not.
    pub fn verify(&self, authority: &[u8]) -> Result<Identity, ReceiptError> {
        let authority =
            CertificateDer::from_pem_slice(authority).map_err(|_| ReceiptError::Authority)?;
        let anchor = anchor_from_trusted_cert(&authority).map_err(|_| ReceiptError::Authority)?;
        let der = CertificateDer::from(self.certificate.as_slice());
        let certificate = EndEntityCert::try_from(&der).map_err(ReceiptError::Chain)?;
        certificate
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &[anchor],
                &[],
                self.answered()?,
                KeyUsage::client_auth(),
                None,
                None,
            )
            .map_err(ReceiptError::Chain)?;
        let fits = |algorithm: &&dyn SignatureVerificationAlgorithm| {
            let text = self.text.as_bytes();
            certificate.verify_signature(*algorithm, text, &self.signature).is_ok()
        };
        if !ALGORITHMS.iter().any(fits) {
            return Err(ReceiptError::Signature);
        }
        let identity = Identity::of_certificate(&der)?;
        let cluster = line(&self.text, CLUSTER).ok_or(ReceiptError::Missing(CLUSTER))?;
        match identity.role() == Role::Coordinator && identity.cluster() == cluster {
            true => Ok(identity),
            false => Err(ReceiptError::Signer(identity)),
        }
    }

    fn answered(&self) -> Result<UnixTime, ReceiptError> {
        let text = line(&self.text, ANSWERED).ok_or(ReceiptError::Missing(ANSWERED))?;
        let seconds = statement::seconds_of(text).ok_or(ReceiptError::Missing(ANSWERED))?;
        Ok(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
