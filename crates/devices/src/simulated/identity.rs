//! The certificates of simulated devices: a root of its own for each, and under it the device's.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

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

pub(super) fn make(name: &str, named: Named) -> io::Result<Identity> {
    let mut root = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    root.distinguished_name.push(DnType::CommonName, "Simulated devices");
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root_key = KeyPair::generate().map_err(io::Error::other)?;
    let roots_pem = root.self_signed(&root_key).map_err(io::Error::other)?.pem();

    let alternatives = match named {
        Named::CommonOnly => Vec::new(),
        Named::Alternative => vec![name.to_owned()],
    };
    let mut device = CertificateParams::new(alternatives).map_err(io::Error::other)?;
    device.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate =
        device.signed_by(&key, &Issuer::from_params(&root, &root_key)).map_err(io::Error::other)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .map_err(io::Error::other)?;
    Ok(Identity { roots_pem, tls: Arc::new(tls) })
}
