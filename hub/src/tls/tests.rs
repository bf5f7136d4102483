use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};
use uuid::Uuid;

use super::*;

const NOW_MS: i64 = 1_800_000_000_000;
const LIFE: (u32, u32) = (90, 30);

fn store() -> StoreId {
    StoreId(Uuid::from_u128(0x0123_4567_89ab_7def_8123_4567_89ab_cdef))
}

fn authority(place: &tempfile::TempDir) -> Arc<Authority> {
    Arc::new(Authority::open(&DataFolder::new(place.path()), store(), NOW_MS).unwrap())
}

/// Whether a till that trusts the authority accepts this chain under this name at this time.
fn accepts(
    authority: &Authority,
    leaf: &CertificateDer<'_>,
    name: &str,
    at_ms: i64,
) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.ca_der.clone()).unwrap();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()))
            .build()
            .unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_millis(at_ms.unsigned_abs()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(leaf, &[], &name, &[], at).map(|_| ())
}

/// A certificate that whoever holds the authority's key could make.
fn forged(authority: &Authority, names: &[&str], addresses: &[&str]) -> CertificateDer<'static> {
    let mut params =
        CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.subject_alt_names.extend(addresses.iter().map(|ip| SanType::IpAddress(ip.parse().unwrap())));
    (params.not_before, params.not_after) = (instant(NOW_MS) - hours(1), instant(NOW_MS) + hours(24));
    params.signed_by(&KeyPair::generate().unwrap(), &authority.issuer).unwrap().der().clone()
}

#[test]
fn tills_accept_the_hub_under_its_name_and_its_private_addresses_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let authority = authority(&place);
    let addresses = ["10.1.2.3", "fd00::7", "8.8.8.8"].map(|ip| ip.parse().unwrap()).to_vec();
    let leaf = HubCertificate::open(Arc::clone(&authority), LIFE, addresses, NOW_MS).unwrap();
    let leaf = leaf.current.read().unwrap().key.cert[0].clone();
    for name in [authority.server_name(), "localhost", "127.0.0.1", "::1", "10.1.2.3", "fd00::7"] {
        accepts(&authority, &leaf, name, NOW_MS).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for name in ["hq.example.com", "8.8.8.8", "10.1.2.4"] {
        assert!(accepts(&authority, &leaf, name, NOW_MS).is_err(), "{name}");
    }
    assert!(accepts(&authority, &leaf, "localhost", NOW_MS + 91 * DAY_MS).is_err(), "it ends");
}

#[test]
fn a_stolen_authority_cannot_pose_as_anything_on_the_internet() {
    let place = tempfile::tempdir().unwrap();
    let authority = authority(&place);
    let (name, other) = (authority.server_name().to_owned(), "hq.example.com");
    let fine = forged(&authority, &[&name], &["192.168.0.1"]);
    accepts(&authority, &fine, &name, NOW_MS).unwrap();
    for (names, addresses, asked) in [
        (vec![other], vec![], other),
        (vec![], vec!["8.8.8.8"], "8.8.8.8"),
        (vec![], vec!["2001:db8::1"], "2001:db8::1"),
        // One name beyond the fence spoils the whole certificate.
        (vec![name.as_str(), other], vec![], name.as_str()),
        (vec![name.as_str()], vec!["1.1.1.1"], name.as_str()),
    ] {
        let leaf = forged(&authority, &names, &addresses);
        assert!(accepts(&authority, &leaf, asked, NOW_MS).is_err(), "{names:?} {addresses:?}");
    }
}

#[test]
fn the_authority_stays_and_the_certificate_is_renewed_before_its_end_or_when_addresses_change() {
    let place = tempfile::tempdir().unwrap();
    let first = authority(&place);
    let again = authority(&place);
    assert_eq!(first.fingerprint(), again.fingerprint());
    assert_eq!(first.fingerprint().len(), 64);

    let home: Vec<IpAddr> = vec!["10.0.0.5".parse().unwrap()];
    let leaf = HubCertificate::open(Arc::clone(&again), LIFE, home.clone(), NOW_MS).unwrap();
    let end = leaf.ends_at_ms();
    assert!(!leaf.renew_if_due(home.clone(), NOW_MS + 59 * DAY_MS).unwrap());
    assert!(leaf.renew_if_due(home.clone(), NOW_MS + 61 * DAY_MS).unwrap());
    assert!(leaf.ends_at_ms() > end);
    let later = NOW_MS + 61 * DAY_MS;
    let reopened = HubCertificate::open(Arc::clone(&again), LIFE, home, later).unwrap();
    assert_eq!(reopened.ends_at_ms(), leaf.ends_at_ms(), "a good one is kept over a restart");
    assert!(
        reopened.renew_if_due(vec!["10.0.0.6".parse().unwrap()], later).unwrap(),
        "the machine has moved"
    );
    std::fs::write(place.path().join("tls/hub.key"), "torn").unwrap();
    HubCertificate::open(again, LIFE, Vec::new(), later).unwrap();
}
