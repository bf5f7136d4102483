//! The certificates of simulated devices: a root of its own for each, and under it the device's.

use std::fmt;
use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};

pub(super) struct Identity {
    pub(super) roots_pem: String,
    pub(super) tls: Arc<ServerConfig>,
}

/// Where a certificate says its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// In the subject alone, as the makers of devices do.
    CommonOnly,
    /// Where everybody looks today.
    Alternative,
}

/// What a device proves itself with, as it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Papers {
    root: String,
    certificate: String,
    key: String,
}

impl fmt::Debug for Papers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the papers of a simulated device")
    }
}

/// A root and a certificate that were never there before.
pub(super) fn papers(name: &str, named: Named) -> io::Result<Papers> {
    let mut root = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    root.distinguished_name.push(DnType::CommonName, "Simulated devices");
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root_key = KeyPair::generate().map_err(io::Error::other)?;
    let root_pem = root.self_signed(&root_key).map_err(io::Error::other)?.pem();

    let alternatives = match named {
        Named::CommonOnly => Vec::new(),
        Named::Alternative => vec![name.to_owned()],
    };
    let mut device = CertificateParams::new(alternatives).map_err(io::Error::other)?;
    device.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate =
        device.signed_by(&key, &Issuer::from_params(&root, &root_key)).map_err(io::Error::other)?;
    Ok(Papers { root: root_pem, certificate: certificate.pem(), key: key.serialize_pem() })
}

/// What a device needs to serve with its papers.
pub(super) fn of(papers: &Papers) -> io::Result<Identity> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate =
        CertificateDer::from_pem_slice(papers.certificate.as_bytes()).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(papers.key.as_bytes()).map_err(io::Error::other)?;
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(io::Error::other)?;
    Ok(Identity { roots_pem: papers.root.clone(), tls: Arc::new(tls) })
}

/// The SHA-256 fingerprint of the certificate that a PEM text begins with, as people compare it.
#[must_use]
pub fn fingerprint(pem: &str) -> Option<String> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    let pairs: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    Some(pairs.join(":"))
}
