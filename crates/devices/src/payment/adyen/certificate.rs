//! How a terminal proves who it is: its certificate is signed by the root that the gateway gives out, and names this terminal.
//!
//! A terminal's name is not in the DNS, and older ones carry it as the subject's common name only, where web browsers and
//! rustls do not look any more. So the chain is checked by rustls, and the name here. No root of the operating system is
//! ever asked.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::SettingsError;

/// TLS with one terminal. `name` is what its certificate has to say.
pub(super) fn config(roots_pem: &str, name: &str) -> Result<ClientConfig, SettingsError> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots_pem.as_bytes()) {
        let root = root.map_err(|_| SettingsError::Root)?;
        roots.add(root).map_err(|_| SettingsError::Root)?;
    }
    if roots.is_empty() {
        return Err(SettingsError::Root);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier { roots, name: name.to_owned(), algorithms: algorithms(&provider) };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn algorithms(provider: &CryptoProvider) -> WebPkiSupportedAlgorithms {
    provider.signature_verification_algorithms
}

#[derive(Debug)]
struct Verifier {
    roots: RootCertStore,
    name: String,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        )?;
        if !names(certificate).iter().any(|name| name.eq_ignore_ascii_case(&self.name)) {
            return Err(CertificateError::NotValidForName.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The DNS names that a certificate is for, or where it has none its common name.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    match parsed.subject_alternative_name() {
        Ok(Some(alternatives)) => alternatives
            .value
            .general_names
            .iter()
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                _ => None,
            })
            .collect(),
        Ok(None) => {
            let commons: Vec<_> = parsed.subject().iter_common_name().collect();
            match commons[..] {
                [common] => common.as_str().map(str::to_owned).into_iter().collect(),
                _ => Vec::new(),
            }
        }
        Err(_) => Vec::new(),
    }
}
