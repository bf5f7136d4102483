//! Who this till is: what it got at pairing, in a file that only its owner may read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use holdfast_domain::ids::{StoreId, TerminalId};
use holdfast_protocol::till_api::{KnownTill, PairResponse};

use crate::error::TillError;

/// The till's folder: `till.json` and `outbox/`.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn identity_file(&self) -> PathBuf {
        self.0.join("till.json")
    }

    pub fn outbox(&self) -> PathBuf {
        self.0.join("outbox")
    }

    /// The till that lives here.
    ///
    /// # Errors
    /// [`TillError::NotPaired`] in a folder without a till, [`TillError::Identity`] when its file cannot be used.
    pub fn identity(&self) -> Result<Identity, TillError> {
        self.known()?.ok_or_else(|| TillError::NotPaired { folder: self.0.clone() })
    }

    /// The till that lives here, if any.
    ///
    /// # Errors
    /// [`TillError::Identity`] when there is a file and it cannot be used.
    pub fn known(&self) -> Result<Option<Identity>, TillError> {
        let path = self.identity_file();
        let broken = |what, source: Box<dyn std::error::Error + Send + Sync>| TillError::Identity {
            path: path.clone(),
            what,
            source: Some(source),
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(broken("it cannot be read", error.into())),
        };
        let paired = serde_json::from_slice(&bytes).map_err(|error| broken("it is damaged", error.into()))?;
        Identity::new(paired).map(Some)
    }

    /// Keeps an identity: synced, readable by its owner only, never half written.
    ///
    /// # Errors
    /// [`TillError::Identity`] when the disk refuses.
    pub fn keep(&self, identity: &Identity) -> Result<(), TillError> {
        let path = self.identity_file();
        let failed = |source: std::io::Error| TillError::Identity {
            path: path.clone(),
            what: "it cannot be written",
            source: Some(source.into()),
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(failed)?;
        let text = serde_json::to_vec_pretty(&identity.0).expect("an identity is plain data");
        let new = self.0.join("till.json.new");
        // A leftover of an earlier attempt could have other permissions.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&new, &path).map_err(failed)?;
        fs::File::open(&self.0).and_then(|dir| dir.sync_all()).map_err(failed)
    }
}

/// What pairing gave: identity, credential, the store's certificate authority and where its hub listens.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity(PairResponse);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("store", &self.0.store)
            .field("terminal", &self.0.terminal)
            .field("number", &self.0.number)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// # Errors
    /// [`TillError::Address`] when the hub named a listener that cannot be reached.
    pub fn new(paired: PairResponse) -> Result<Self, TillError> {
        split_address(&paired.mqtt)?;
        split_address(&paired.https)?;
        Ok(Self(paired))
    }

    pub fn paired(&self) -> &PairResponse {
        &self.0
    }

    pub fn store(&self) -> StoreId {
        self.0.store
    }

    pub fn terminal(&self) -> TerminalId {
        self.0.terminal
    }

    /// How the till introduces itself when it is paired again.
    pub fn known_as(&self) -> KnownTill {
        KnownTill { terminal: self.0.terminal, number: self.0.number }
    }

    /// Host and port of the MQTT listener.
    pub fn mqtt(&self) -> (String, u16) {
        split_address(&self.0.mqtt).expect("checked when the identity was made")
    }

    /// Host and port of the HTTPS listener.
    pub fn https(&self) -> (String, u16) {
        split_address(&self.0.https).expect("checked when the identity was made")
    }
}

/// Splits `host:port`; an IPv6 host is in brackets and comes back without them.
pub(crate) fn split_address(address: &str) -> Result<(String, u16), TillError> {
    let bad = || TillError::Address { address: address.to_owned(), example: "hub.example:8443" };
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if bare.is_empty() || (bare.contains(':') && bare == host) {
        return Err(bad());
    }
    Ok((bare.to_owned(), port.parse().map_err(|_| bad())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::bounded::Label;
    use holdfast_domain::ids::Uuid;
    use holdfast_domain::receipt::TillNumber;
    use std::os::unix::fs::PermissionsExt as _;

    fn paired() -> PairResponse {
        PairResponse {
            store: StoreId(Uuid::from_u128(1)),
            store_name: Label::new("Corner").unwrap(),
            terminal: TerminalId(Uuid::from_u128(2)),
            number: TillNumber(3),
            name: Label::new("Till 3").unwrap(),
            secret: "00".repeat(32),
            ca_pem: "-".into(),
            server_name: "hub.test".into(),
            mqtt: "127.0.0.1:8883".into(),
            https: "[::1]:8443".into(),
        }
    }

    #[test]
    fn an_identity_comes_back_and_only_its_owner_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().join("till"));
        assert!(matches!(folder.identity(), Err(TillError::NotPaired { .. })));
        let identity = Identity::new(paired()).unwrap();
        folder.keep(&identity).unwrap();
        folder.keep(&identity).unwrap();
        assert_eq!(folder.identity().unwrap(), identity);
        let mode = fs::metadata(folder.identity_file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{identity:?}").contains(&paired().secret));
        fs::write(folder.identity_file(), b"{").unwrap();
        assert_eq!(folder.identity().unwrap_err().code(), "HF-TIL-002");
    }

    #[test]
    fn addresses_are_a_host_and_a_port() {
        assert_eq!(split_address("[::1]:8443").unwrap(), ("::1".into(), 8443));
        assert_eq!(split_address("hub:1").unwrap(), ("hub".into(), 1));
        for bad in ["hub", "hub:", ":1", "::1:2", "hub:70000"] {
            assert!(split_address(bad).is_err(), "{bad}");
        }
    }
}
