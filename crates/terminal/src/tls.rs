//! Whom the till believes: only the store's own certificate authority, and only the name that pairing gave.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};

use crate::error::TillError;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Checks the hub's certificate; what is believed differs, how a chain and a signature are checked does not.
#[derive(Debug)]
struct Verifier {
    believes: Belief,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Belief {
    /// The authority and the name from pairing, whatever address the hub was reached at: a hub keeps its name when the
    /// network gives it another address.
    FromPairing { roots: RootCertStore, name: ServerName<'static> },
    /// A chain whose last certificate is the authority that the person named, and whose leaf that authority signed.
    FirstMeeting { trust: Trust, seen: SeenAuthority },
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _address: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let leaf = ParsedCertificate::try_from(end_entity)?;
        let check = |roots: &RootCertStore, between: &[CertificateDer<'_>]| {
            verify_server_cert_signed_by_trust_anchor(&leaf, roots, between, now, self.algorithms.all)
        };
        match &self.believes {
            Belief::FromPairing { roots, name } => {
                check(roots, intermediates)?;
                verify_server_name(&leaf, name)?;
            }
            Belief::FirstMeeting { trust, seen } => {
                let unknown = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
                let (authority, between) = intermediates.split_last().ok_or_else(unknown)?;
                if let Trust::Fingerprint(expected) = trust
                    && <[u8; 32]>::from(Sha256::digest(authority)) != *expected
                {
                    return Err(unknown());
                }
                let mut roots = RootCertStore::empty();
                roots.add(authority.clone())?;
                check(&roots, between)?;
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(authority.to_vec());
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn config(believes: Belief) -> ClientConfig {
    let provider = provider();
    let verifier = Verifier { believes, algorithms: provider.signature_verification_algorithms };
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider speaks TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth()
}

/// TLS as a paired till speaks it.
///
/// # Errors
/// [`TillError::NotTheStore`] when what pairing gave is no certificate authority or no name.
pub(crate) fn paired(ca_pem: &str, server_name: &str) -> Result<ClientConfig, TillError> {
    let not = |what: String| TillError::NotTheStore { what };
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes())
        .map_err(|error| not(format!("the kept certificate authority is damaged ({error:?})")))?;
    roots.add(ca).map_err(|error| not(format!("the kept certificate authority is unusable ({error})")))?;
    let name = ServerName::try_from(server_name.to_owned())
        .map_err(|_| not(format!("`{server_name}` is no server name")))?;
    Ok(config(Belief::FromPairing { roots, name }))
}

/// What a till demands of a hub that it meets for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The store's certificate authority has this SHA-256.
    Fingerprint([u8; 32]),
    /// The hub is on this machine: whoever listens here is believed.
    ThisMachine,
}

/// The authority that the hub showed, in DER.
pub(crate) type SeenAuthority = Arc<Mutex<Option<Vec<u8>>>>;

/// TLS for pairing, and where the authority that was believed will stand.
pub(crate) fn first_meeting(trust: Trust) -> (ClientConfig, SeenAuthority) {
    let seen = SeenAuthority::default();
    (config(Belief::FirstMeeting { trust, seen: seen.clone() }), seen)
}

/// The DER of the first certificate in a PEM text.
pub(crate) fn authority_der(pem: &str) -> Option<Vec<u8>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok().map(|der| der.to_vec())
}
