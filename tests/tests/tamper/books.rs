//! A small shop's books, exported as the hub exports them, and the verdict of the hub's own verifier.

use ed25519_dalek::{Signer as _, SigningKey};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{EpochId, HubId, StoreId, Uuid};
use holdfast_hub::verify::{self, Evidence, Finding, Intact, PublicKey};
use holdfast_protocol::export::{Encoder, Entry, HEADER_BYTES, Opening, RECORD_HEADER_BYTES, TRAILER_BYTES};
use holdfast_protocol::head::{Head, SignedHead};

use crate::shop::Shop;

/// The least that the proof is about.
pub const EXPORT_BYTES_MIN: usize = 64 * 1024;

/// A store's hub with a history under two epochs.
#[derive(Clone)]
pub struct Books {
    pub records: Vec<holdfast_journal::Record>,
    pub key: SigningKey,
    pub store: StoreId,
    pub hub: HubId,
}

impl Books {
    /// A shop that sells until its export has the bytes asked for, restored to a new epoch on the way. `identity` tells its
    /// history from another's of the same hub.
    pub fn of_a_day(identity: u128, bytes: usize) -> Self {
        let mut shop = Shop::open_as(identity);
        let mut held = 0;
        let mut rounds = 0;
        while held < bytes {
            let till = rounds % 2;
            let (_, sale) = shop.sell(till, 1 + u16::try_from(rounds % 5).unwrap());
            if rounds % 7 == 3 {
                shop.give_back(till, sale, 1).unwrap();
            }
            if rounds == 20 {
                let epoch = shop.id();
                shop.writer.begin_epoch(*epoch.as_bytes());
            }
            rounds += 1;
            held = HEADER_BYTES
                + TRAILER_BYTES
                + shop.records.len() * RECORD_HEADER_BYTES
                + shop.records.iter().map(|stored| stored.payload.len()).sum::<usize>();
        }
        let records: Vec<_> = shop.reader.scan(1).map(Result::unwrap).collect();
        assert_eq!(records.len(), shop.records.len());
        Self {
            records,
            key: SigningKey::from_bytes(&[11; 32]),
            store: StoreId(Uuid::from_u128(77)),
            hub: HubId(Uuid::from_u128(88)),
        }
    }

    pub fn last_seq(&self) -> u64 {
        self.records.len() as u64
    }

    /// The head that the hub signed when its history ended at a record.
    pub fn head(&self, seq: u64) -> SignedHead {
        let position = self.records[usize::try_from(seq).unwrap() - 1].position;
        let head = Head {
            store: self.store,
            hub: self.hub,
            epoch: EpochId(Uuid::from_bytes(position.epoch)),
            seq,
            hash: position.hash,
            signed_at: Timestamp(1_700_000_000_000 + i64::try_from(seq).unwrap()),
        };
        SignedHead { head, signature: self.key.sign(&head.signing_bytes()).to_bytes() }
    }

    /// The export of the records from `first` to `last`, as the hub made it when `last` was its newest record.
    pub fn export(&self, first: u64, last: u64) -> Vec<u8> {
        self.export_signed_by(&self.key, first, last)
    }

    pub fn export_signed_by(&self, key: &SigningKey, first: u64, last: u64) -> Vec<u8> {
        let at = |seq: u64| usize::try_from(seq).unwrap();
        let previous = if first == 1 { [0; 32] } else { self.records[at(first) - 2].position.hash };
        let created_at = Timestamp(1_700_000_000_000);
        let opening = Opening { store: self.store, hub: self.hub, created_at, first_seq: first, previous };
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&opening, &mut out);
        for record in &self.records[at(first) - 1..at(last)] {
            let epoch = EpochId(Uuid::from_bytes(record.position.epoch));
            let (seq, hash) = (record.position.seq, record.position.hash);
            encoder.record(&Entry { seq, epoch, hash, payload: &record.payload }, &mut out);
        }
        let mut head = self.head(last);
        head.signature = key.sign(&head.head.signing_bytes()).to_bytes();
        let public = key.verifying_key().to_bytes();
        encoder.close(&head, &public, |seal| key.sign(seal).to_bytes(), &mut out);
        out
    }

    pub fn public_key(&self) -> PublicKey {
        PublicKey::new(&self.key.verifying_key().to_bytes()).unwrap()
    }

    /// What the hub's verifier says, in the words that both verifiers use.
    pub fn verdict(&self, export: &[u8]) -> String {
        line(&self.verify(export, &Evidence::default()))
    }

    pub fn verify(&self, export: &[u8], evidence: &Evidence) -> Result<Intact, Finding> {
        let mut bytes = export;
        verify::export(&mut bytes, &[self.public_key()], evidence).unwrap()
    }
}

/// A verdict in one line: `intact`, or word, byte and record.
pub fn line(verdict: &Result<Intact, Finding>) -> String {
    match verdict {
        Ok(_) => "intact".to_owned(),
        Err(finding) => {
            let offset = finding.offset().map_or("-".to_owned(), |offset| offset.to_string());
            format!("{} {offset} {}", finding.word(), finding.seq())
        }
    }
}

/// Where every record of an export begins, and after the last one the trailer.
pub fn borders(export: &[u8]) -> Vec<usize> {
    let mut borders = vec![HEADER_BYTES];
    let trailer = export.len() - TRAILER_BYTES;
    loop {
        let at = borders[borders.len() - 1];
        if at == trailer {
            return borders;
        }
        let payload = u32::from_be_bytes(export[at + 4..at + 8].try_into().unwrap());
        borders.push(at + RECORD_HEADER_BYTES + payload as usize);
    }
}
