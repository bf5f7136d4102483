//! A backup as it is read: everything that proves that it is whole and of one hub, found while it streams by.

use std::io::{BufRead, Read};

use holdfast_domain::event::Event;
use holdfast_domain::ids::{HubId, StoreId};
use holdfast_journal::{Position, Record};
use holdfast_protocol::backup::{self, Front};
use holdfast_protocol::decode_record;
use holdfast_protocol::export::{Closing, Decoder};
use sha2::{Digest, Sha256};

use super::error::RecoveryError;
use super::sealing::{self, Opener};
use super::vault::check_store;
use crate::error::HubError;
use crate::identity::Identity;
use crate::verify::PublicKey;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1_024;

/// What a backup proved to be.
#[derive(Debug)]
pub struct Opened {
    pub front: Front,
    pub identity: Identity,
    /// The last record.
    pub head: Position,
    pub records: u64,
    /// The active catalog as the journal names it.
    pub catalog_hash: Option<[u8; 32]>,
}

impl Opened {
    /// Whether the catalog file that the journal names is in the backup.
    pub fn has_catalog(&self) -> bool {
        let held = self.front.vault.catalog.as_ref().map(|bytes| <[u8; 32]>::from(Sha256::digest(bytes)));
        held == self.catalog_hash
    }
}

/// What the journal says of itself on the way.
#[derive(Default)]
struct Told {
    /// Of the newest epoch: store, hub and the hub's key.
    opened: Option<(StoreId, HubId, [u8; 32])>,
    catalog_hash: Option<[u8; 32]>,
    head: Option<Position>,
}

/// Reads a backup to its end, hands every record on in pages, and checks seal, chain, signatures, and that journal,
/// identity and vault are of one hub of one store.
///
/// # Errors
/// HF-REC-002, HF-REC-003, HF-REC-004, and whatever `page` says.
pub fn read(
    what: &str,
    opener: &Opener,
    from: impl BufRead,
    page: &mut dyn FnMut(Vec<Record>) -> Result<(), HubError>,
) -> Result<Opened, HubError> {
    let damaged = |source: Cause| RecoveryError::Damaged { what: what.to_owned(), source };
    let mut opened = sealing::open_stream(what, opener, from)?;
    let front = backup::read_front(&mut opened).map_err(|error| damaged(error.into()))?;
    let (mut decoder, mut told) = (Decoder::new(), Told::default());
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = opened.read(&mut piece).map_err(|error| damaged(error.into()))?;
        if read == 0 {
            break;
        }
        let mut records = Vec::new();
        let fed = decoder.feed(&piece[..read], &mut |entry| {
            let position = Position { epoch: *entry.epoch.0.as_bytes(), seq: entry.seq, hash: entry.hash };
            records.push(Record { position, payload: entry.payload.to_vec() });
        });
        fed.map_err(|error| damaged(error.into()))?;
        for record in &records {
            told.listen(record).map_err(|error| damaged(error.into()))?;
        }
        if !records.is_empty() {
            page(records)?;
        }
    }
    let (opening, closing) = decoder.finish().map_err(|error| damaged(error.into()))?;
    if opening.first_seq != 1 {
        return Err(damaged("its journal does not begin at record 1".into()).into());
    }
    let identity = Identity::of_backup(&front);
    check_store(what, StoreId(front.store), StoreId(front.vault.store))?;
    check_store(what, StoreId(front.store), opening.store)?;
    let (Some((store, hub, key)), Some(head)) = (told.opened, told.head) else {
        return Err(damaged("its journal opens no epoch".into()).into());
    };
    check_store(what, StoreId(front.store), store)?;
    if hub != identity.hub || key != identity.public_key() {
        return Err(damaged("its journal is another hub's".into()).into());
    }
    if !is_signed(&closing, &identity) {
        return Err(damaged("its signatures are not those of its hub".into()).into());
    }
    Ok(Opened { front, identity, head, records: closing.records, catalog_hash: told.catalog_hash })
}

fn is_signed(closing: &Closing, identity: &Identity) -> bool {
    PublicKey::new(&identity.public_key()).is_some_and(|key| {
        key.bytes() == closing.public_key
            && key.has_signed(&closing.head.head.signing_bytes(), &closing.head.signature)
            && key.has_signed(&closing.seal_bytes(), &closing.signature)
    })
}

impl Told {
    fn listen(
        &mut self,
        record: &Record,
    ) -> Result<(), impl std::error::Error + Send + Sync + 'static + use<>> {
        self.head = Some(record.position);
        decode_record(&record.payload).map(|record| {
            for event in record.outcome.events() {
                match event {
                    Event::EpochOpened { store, hub, hub_key, .. } => {
                        self.opened = Some((*store, *hub, *hub_key));
                    }
                    Event::CatalogActivated { content_hash, .. } => self.catalog_hash = Some(*content_hash),
                    _ => {}
                }
            }
        })
    }
}
