//! Ids that the till mints: by the clock for what a person starts, by a hash for what must come out the same again.

use holdfast_domain::ids::{CommandId, OrderId, ShiftId, StoreId, TerminalId, Uuid};
use sha2::{Digest, Sha256};

/// A version 7 UUID of the given instant (milliseconds since 1970) and randomness.
pub fn minted(unix_ms: u64, random: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid()
}

/// Ids that follow from what they stand for, so that the same replay asks with the same ids.
///
/// An id is a version 8 UUID (RFC 9562): the first 16 bytes of a SHA-256 over a domain tag, the store's and the till's
/// id, the SHA-256 of the files' bytes, the attempt (a number that a person raises to enter the same file once more), the
/// kind of thing, and its name within the file such as an invoice number and a counter; every part is preceded by its
/// length, so that no two lists of parts run together.
#[derive(Debug, Clone)]
pub struct Derivation {
    store: StoreId,
    terminal: TerminalId,
    content: [u8; 32],
    attempt: u32,
}

impl Derivation {
    pub fn new(store: StoreId, terminal: TerminalId, content: [u8; 32], attempt: u32) -> Self {
        Self { store, terminal, content, attempt }
    }

    pub fn command(&self, kind: &str, name: &str, counter: u32) -> CommandId {
        CommandId(self.derive("command", kind, name, counter))
    }

    pub fn order(&self, name: &str, counter: u32) -> OrderId {
        OrderId(self.derive("order", "", name, counter))
    }

    pub fn shift(&self, name: &str) -> ShiftId {
        ShiftId(self.derive("shift", "", name, 0))
    }

    fn derive(&self, what: &str, kind: &str, name: &str, counter: u32) -> Uuid {
        let mut digest = Sha256::new();
        for part in [
            b"holdfast-replay-1".as_slice(),
            self.store.0.as_bytes(),
            self.terminal.0.as_bytes(),
            &self.content,
            &self.attempt.to_be_bytes(),
            what.as_bytes(),
            kind.as_bytes(),
            name.as_bytes(),
            &counter.to_be_bytes(),
        ] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let hash = digest.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_gets_the_same_id_and_every_part_counts() {
        let (store, till) = (StoreId(Uuid::from_u128(1)), TerminalId(Uuid::from_u128(2)));
        let one = Derivation::new(store, till, [3; 32], 0);
        assert_eq!(one.command("pay", "536365", 1), one.clone().command("pay", "536365", 1));
        let others = [
            one.command("pay", "536365", 2),
            one.command("pay", "536366", 1),
            one.command("place", "536365", 1),
            CommandId(one.order("536365", 1).0),
            Derivation::new(StoreId(Uuid::from_u128(9)), till, [3; 32], 0).command("pay", "536365", 1),
            Derivation::new(store, TerminalId(Uuid::from_u128(9)), [3; 32], 0).command("pay", "536365", 1),
            Derivation::new(store, till, [4; 32], 0).command("pay", "536365", 1),
            Derivation::new(store, till, [3; 32], 1).command("pay", "536365", 1),
        ];
        let mut all: Vec<_> = others.to_vec();
        all.push(one.command("pay", "536365", 1));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), others.len() + 1);
        assert_eq!(one.command("pay", "536365", 1).0.get_version_num(), 8);
    }

    #[test]
    fn what_is_minted_carries_its_instant() {
        let id = minted(1_700_000_000_000, [7; 10]);
        assert_eq!(id.get_version_num(), 7);
        assert_ne!(id, minted(1_700_000_000_000, [8; 10]));
    }
}
