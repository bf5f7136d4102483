//! A certificate that browsers trust by themselves, for stores that have a name on the internet. It is presented to whoever
//! asks for one of its names and to nobody else: tills know the hub by its own name, under the store's authority.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;

/// The files of a certificate: the leaf with everything above it but the root, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub chain: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug)]
struct Read {
    key: Arc<CertifiedKey>,
    /// Lower case; `*.` stands for one label.
    names: Vec<String>,
    changed: Option<SystemTime>,
}

#[derive(Debug)]
pub(super) struct Public {
    files: Files,
    read: RwLock<Read>,
}

impl Public {
    /// # Errors
    /// What is wrong with the files.
    pub fn open(files: Files) -> Result<Self, String> {
        let read = RwLock::new(read(&files)?);
        Ok(Self { files, read })
    }

    /// Reads files that were changed, as whoever renews such a certificate changes them.
    ///
    /// # Errors
    /// What is wrong with the new ones; the old certificate stays in use.
    pub fn renew_if_changed(&self) -> Result<bool, String> {
        let known = self.read.read().unwrap_or_else(PoisonError::into_inner).changed;
        if changed(&self.files.chain) == known {
            return Ok(false);
        }
        let renewed = read(&self.files)?;
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(true)
    }

    pub fn key_for(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        let name = name.to_ascii_lowercase();
        let covers = |own: &String| match own.strip_prefix("*.") {
            Some(domain) => {
                name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
            }
            None => *own == name,
        };
        read.names.iter().any(covers).then(|| Arc::clone(&read.key))
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|file| file.modified()).ok()
}

/// Reads the pair and holds them against each other.
///
/// # Errors
/// Names the file and what is wrong with it.
fn read(files: &Files) -> Result<Read, String> {
    let at = |path: &Path, problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let changed = changed(&files.chain);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.chain)
        .map_err(|error| at(&files.chain, &error))?
        .map(|certificate| certificate.map(CertificateDer::into_owned))
        .collect();
    let chain = chain.map_err(|error| at(&files.chain, &error))?;
    let leaf = chain.first().ok_or_else(|| at(&files.chain, &"there is no certificate in it"))?;
    let names = names(leaf).ok_or_else(|| at(&files.chain, &"its first certificate names no host"))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| at(&files.key, &error))?;
    // Making the pair holds the key against the certificate.
    let key = CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| at(&files.key, &format!("it is not the key of the certificate: {error}")))?;
    Ok(Read { key: Arc::new(key), names, changed })
}

fn names(leaf: &CertificateDer<'_>) -> Option<Vec<String>> {
    let (_, parsed) = x509_parser::parse_x509_certificate(leaf).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let names = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then_some(names)
}

/// Whether the files can be used, for the settings' check.
///
/// # Errors
/// As for reading them.
pub fn check(files: &Files) -> Result<(), String> {
    read(files).map(drop)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn write(folder: &Path, names: &[&str]) -> Files {
        let files = Files { chain: folder.join("chain.pem"), key: folder.join("key.pem") };
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let cert = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        std::fs::write(&files.chain, cert.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    #[test]
    fn it_is_presented_for_its_own_names_alone_and_read_again_when_it_is_renewed() {
        let place = tempfile::tempdir().unwrap();
        let public = Public::open(write(place.path(), &["till.shop.example", "*.lan.example"])).unwrap();
        for (name, is_its) in [
            ("till.shop.example", true),
            ("TILL.shop.example", true),
            ("a.lan.example", true),
            ("a.b.lan.example", false),
            ("lan.example", false),
            (".lan.example", false),
            ("hub-0123456789ab.holdfast.internal", false),
        ] {
            assert_eq!(public.key_for(name).is_some(), is_its, "{name}");
        }
        assert_eq!(public.renew_if_changed(), Ok(false));
        let before = changed(&public.files.chain);
        while changed(&write(place.path(), &["new.shop.example"]).chain) == before {}
        assert_eq!(public.renew_if_changed(), Ok(true));
        assert!(
            public.key_for("new.shop.example").is_some() && public.key_for("till.shop.example").is_none()
        );
        // A pair that does not belong together is not taken, and the one before stays.
        let other = tempfile::tempdir().unwrap();
        std::fs::copy(write(other.path(), &["x.example"]).key, &public.files.key).unwrap();
        assert!(check(&public.files).unwrap_err().contains("not the key"));
        std::fs::write(&public.files.chain, "nothing").unwrap();
        assert!(check(&public.files).unwrap_err().contains("no certificate"));
        assert!(public.key_for("new.shop.example").is_some());
    }
}
