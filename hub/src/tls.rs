//! The store's own certificate authority, made on the hub, and the hub's certificate under it.
//!
//! The authority may sign for the hub's name, `localhost`, and private or loopback addresses only (RFC 5280, section
//! 4.2.1.10): whoever steals its key cannot pose as anything else on the internet. Tills trust it by its fingerprint from
//! pairing. The hub renews its certificate by itself; the authority lives longer than the machine.

mod public;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use holdfast_domain::ids::StoreId;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::error::HubError;
use crate::folder::{self, DataFolder};
use public::Public;
pub use public::{Files as PublicFiles, check as check_public};

const CA_DAYS: i64 = 20 * 366;
/// A certificate is valid a little earlier, for tills whose clocks lag.
const BACKDATED_HOURS: i64 = 24;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Networks that never belong to the public internet, with their prefix lengths.
const PRIVATE_NETWORKS: [(&str, u8); 8] = [
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("169.254.0.0", 16),
    ("127.0.0.0", 8),
    ("::1", 128),
    ("fc00::", 7),
    ("fe80::", 10),
];

/// The store's certificate authority.
pub struct Authority {
    server_name: String,
    ca_pem: String,
    ca_der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl Authority {
    /// The name in the hub's certificate.
    pub fn server_name_of(store: StoreId) -> String {
        let id = store.0.simple().to_string();
        format!("hub-{}.holdfast.internal", &id[20..])
    }

    /// Reads the authority, or makes it when the folder has none.
    ///
    /// # Errors
    /// HF-HUB-015, HF-HUB-003.
    pub fn open(folder: &DataFolder, store: StoreId, now_ms: i64) -> Result<Self, HubError> {
        let server_name = Self::server_name_of(store);
        let tls = folder.tls();
        folder::create_private(&tls)?;
        let (cert_path, key_path) = (tls.join("ca.pem"), tls.join("ca.key"));
        if !cert_path.exists() {
            // The key goes first: a certificate without its key would stop every later start.
            let (cert, key) = make_authority(&server_name, now_ms).map_err(faulty("made"))?;
            folder::replace(&key_path, key.as_bytes())?;
            folder::replace(&cert_path, cert.as_bytes())?;
        }
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(HubError::file("read", path));
        let (ca_pem, key) = (read(&cert_path)?, read(&key_path)?);
        let ca_der = CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(faulty("read"))?;
        let key = KeyPair::from_pem(&key).map_err(faulty("read"))?;
        let issuer = Issuer::from_ca_cert_der(&ca_der, key).map_err(faulty("read"))?;
        Ok(Self { server_name, ca_pem, ca_der, issuer, folder: tls })
    }

    pub fn server_name(&self) -> &str {
        &self.server_name
    }

    /// The authority's certificate, which tills trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The same in binary, as browsers and systems take it.
    pub fn ca_der(&self) -> &[u8] {
        &self.ca_der
    }

    /// SHA-256 of the authority's certificate (DER), hex: what a person compares or types at pairing.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(&self.ca_der))
    }

    /// A new certificate for the hub at these addresses; public ones are left out, because the authority cannot sign them.
    fn certify(&self, addresses: &[IpAddr], days: u32, now_ms: i64) -> Result<(String, String), HubError> {
        let mut params = CertificateParams::new(vec![self.server_name.clone(), "localhost".to_owned()])
            .map_err(faulty("made"))?;
        let loopback = [IpAddr::from([127, 0, 0, 1]), "::1".parse().expect("a literal address")];
        let mut addresses: Vec<_> =
            addresses.iter().copied().chain(loopback).filter(|ip| is_private(*ip)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        params.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
        params.distinguished_name.push(DnType::CommonName, self.server_name.as_str());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) =
            (instant(now_ms) - hours(BACKDATED_HOURS), instant(now_ms) + hours(i64::from(days) * 24));
        let key = KeyPair::generate().map_err(faulty("made"))?;
        let cert = params.signed_by(&key, &self.issuer).map_err(faulty("made"))?;
        Ok((cert.pem(), key.serialize_pem()))
    }
}

/// The authority's certificate and key as they lie in a folder, PEM, for a vault.
///
/// # Errors
/// HF-HUB-003.
pub(crate) fn read_authority(folder: &DataFolder) -> Result<(String, String), HubError> {
    let read = |name| {
        let path = folder.tls().join(name);
        std::fs::read_to_string(&path).map_err(HubError::file("read", path))
    };
    Ok((read("ca.pem")?, read("ca.key")?))
}

/// Puts an authority into a folder, when its certificate and key belong together.
///
/// # Errors
/// HF-HUB-015, HF-HUB-003.
pub(crate) fn write_authority(folder: &DataFolder, cert: &str, key: &str) -> Result<(), HubError> {
    let der = CertificateDer::from_pem_slice(cert.as_bytes()).map_err(faulty("read"))?;
    let pair = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(faulty("read"))?;
    let held = CertifiedKey::from_der(vec![der], pair, &ring::default_provider()).map_err(faulty("read"))?;
    held.keys_match().map_err(faulty("read"))?;
    let tls = folder.tls();
    folder::create_private(&tls)?;
    // In the order of making one: a certificate without its key would stop every later start.
    folder::replace(&tls.join("ca.key"), key.as_bytes())?;
    folder::replace(&tls.join("ca.pem"), cert.as_bytes())
}

fn make_authority(server_name: &str, now_ms: i64) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, format!("Holdfast store {server_name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let addresses = PRIVATE_NETWORKS.iter().map(|(network, bits)| {
        let network = network.parse::<IpAddr>().expect("a literal address");
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network, *bits))
    });
    let names = [server_name, "localhost"].map(|name| GeneralSubtree::DnsName(name.to_owned()));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.into_iter().chain(addresses).collect(),
        excluded_subtrees: Vec::new(),
    });
    (params.not_before, params.not_after) =
        (instant(now_ms) - hours(BACKDATED_HOURS), instant(now_ms) + hours(CA_DAYS * 24));
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn hours(hours: i64) -> time::Duration {
    time::Duration::hours(hours)
}

fn instant(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(ms / 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn faulty<E: std::error::Error + Send + Sync + 'static>(action: &'static str) -> impl FnOnce(E) -> HubError {
    move |source| HubError::Certificate { action, source: Box::new(source) }
}

/// Whether the authority may sign for an address.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The addresses of this machine's interfaces.
pub fn local_addresses() -> Vec<IpAddr> {
    let Ok(interfaces) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    interfaces
        .filter_map(|interface| interface.address)
        .filter_map(|address| {
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        })
        .collect()
}

/// The hub's certificate as the listeners present it; a renewed one is presented from the next handshake on.
#[derive(Debug)]
pub struct HubCertificate {
    authority: Arc<Authority>,
    days: u32,
    renew_before_days: u32,
    current: RwLock<Current>,
    /// Presented to whoever asks for one of its names.
    public: Option<Public>,
}

#[derive(Debug)]
struct Current {
    key: Arc<CertifiedKey>,
    ends_at_ms: i64,
    addresses: Vec<IpAddr>,
}

impl HubCertificate {
    /// Reads the certificate, or makes one when there is none that is good for these addresses and long enough.
    ///
    /// # Errors
    /// HF-HUB-015, HF-HUB-003.
    pub fn open(
        authority: Arc<Authority>,
        (days, renew_before_days): (u32, u32),
        addresses: Vec<IpAddr>,
        now_ms: i64,
    ) -> Result<Self, HubError> {
        let stored = read_leaf(&authority);
        let current = match stored {
            Some(current) if !is_due(&current, &addresses, renew_before_days, now_ms) => current,
            _ => make_leaf(&authority, days, addresses, now_ms)?,
        };
        Ok(Self { authority, days, renew_before_days, current: RwLock::new(current), public: None })
    }

    /// The same beside a certificate that browsers trust by themselves.
    ///
    /// # Errors
    /// What is wrong with its files.
    pub fn with_public(mut self, files: PublicFiles) -> Result<Self, String> {
        self.public = Some(Public::open(files)?);
        Ok(self)
    }

    /// Reads the public certificate again where its files were changed; says whether it did.
    ///
    /// # Errors
    /// What is wrong with the new files; the old ones stay in use.
    pub fn renew_public_if_changed(&self) -> Result<bool, String> {
        self.public.as_ref().map_or(Ok(false), Public::renew_if_changed)
    }

    /// Makes a new certificate when the end is near or the machine's addresses have changed; says whether it did.
    ///
    /// # Errors
    /// HF-HUB-015, HF-HUB-003; the old one stays in use.
    pub fn renew_if_due(&self, addresses: Vec<IpAddr>, now_ms: i64) -> Result<bool, HubError> {
        {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if !is_due(&current, &addresses, self.renew_before_days, now_ms) {
                return Ok(false);
            }
        }
        let renewed = make_leaf(&self.authority, self.days, addresses, now_ms)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(true)
    }

    /// When the certificate ends, in milliseconds since the Unix epoch.
    pub fn ends_at_ms(&self) -> i64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).ends_at_ms
    }

    /// A TLS 1.3 configuration that presents the certificate.
    pub fn server_config(self: &Arc<Self>, protocols: &[&[u8]]) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("ring speaks TLS 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }
}

impl ResolvesServerCert for HubCertificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let public = self.public.as_ref().zip(hello.server_name());
        if let Some(key) = public.and_then(|(public, name)| public.key_for(name)) {
            return Some(key);
        }
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

fn is_due(current: &Current, addresses: &[IpAddr], renew_before_days: u32, now_ms: i64) -> bool {
    let near = current.ends_at_ms - now_ms < i64::from(renew_before_days) * DAY_MS;
    near || addresses.iter().any(|ip| is_private(*ip) && !current.addresses.contains(ip))
}

fn make_leaf(
    authority: &Authority,
    days: u32,
    addresses: Vec<IpAddr>,
    now_ms: i64,
) -> Result<Current, HubError> {
    let (cert, key) = authority.certify(&addresses, days, now_ms)?;
    folder::replace(&authority.folder.join("hub.key"), key.as_bytes())?;
    folder::replace(&authority.folder.join("hub.pem"), cert.as_bytes())?;
    parse_leaf(authority, &cert, &key).ok_or_else(|| HubError::Certificate {
        action: "made",
        source: "the new certificate cannot be read back".into(),
    })
}

/// `None` for a pair that is missing, damaged, or torn between two renewals: a new one is made then.
fn read_leaf(authority: &Authority) -> Option<Current> {
    let read = |name| std::fs::read_to_string(authority.folder.join(name)).ok();
    parse_leaf(authority, &read("hub.pem")?, &read("hub.key")?)
}

fn parse_leaf(authority: &Authority, cert: &str, key: &str) -> Option<Current> {
    let der = CertificateDer::from_pem_slice(cert.as_bytes()).ok()?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).ok()?;
    let (ends_at_ms, addresses) = {
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).ok()?;
        let names = parsed.subject_alternative_name().ok()??;
        let addresses = names.value.general_names.iter().filter_map(|name| match name {
            x509_parser::extensions::GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        });
        (parsed.validity().not_after.timestamp() * 1_000, addresses.collect())
    };
    let chain = vec![der, authority.ca_der.clone()];
    let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).ok()?;
    key.keys_match().ok()?;
    Some(Current { key: Arc::new(key), ends_at_ms, addresses })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
