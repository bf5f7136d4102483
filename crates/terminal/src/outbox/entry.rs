//! The stored form of one outbox entry: a version, a kind, fixed fields, then the bytes exactly as they travelled.

use holdfast_domain::ids::{CommandId, EpochId, Uuid};

use crate::error::TillError;

const VERSION: u8 = 1;
const ASKED: u8 = 1;
const ANSWERED: u8 = 2;
const COVERED: u8 = 3;
const TURNED_AWAY: u8 = 4;

/// One fact of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A request, before it was sent.
    Asked { id: CommandId, request: Vec<u8> },
    /// The hub's reply. `place` is where it stands in the history of the hub that gave it (its epoch and the sequence); none when the hub would
    /// not take the request, which leaves nothing to remember but that it was answered.
    Answered { id: CommandId, place: Option<(EpochId, u64)>, reply: Vec<u8> },
    /// HQ holds everything up to that sequence of that epoch.
    Covered { epoch: EpochId, seq: u64 },
}

impl Entry {
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Asked { id, request } => [&[VERSION, ASKED], id.0.as_bytes().as_slice(), request].concat(),
            Self::Answered { id, place: None, reply } => {
                [&[VERSION, TURNED_AWAY], id.0.as_bytes().as_slice(), reply].concat()
            }
            Self::Answered { id, place: Some((epoch, seq)), reply } => [
                &[VERSION, ANSWERED],
                id.0.as_bytes().as_slice(),
                epoch.0.as_bytes().as_slice(),
                &seq.to_be_bytes(),
                reply,
            ]
            .concat(),
            Self::Covered { epoch, seq } => {
                [&[VERSION, COVERED], epoch.0.as_bytes().as_slice(), &seq.to_be_bytes()].concat()
            }
        }
    }

    /// # Errors
    /// [`TillError::OutboxEntry`] for bytes that this version did not write.
    pub fn decode(at: u64, bytes: &[u8]) -> Result<Self, TillError> {
        let bad = |what: &str| TillError::OutboxEntry { seq: at, what: what.to_owned() };
        let mut rest = bytes;
        let [version, kind] = take::<2>(&mut rest).ok_or_else(|| bad("it is too short"))?;
        if version != VERSION {
            return Err(bad("a newer version wrote it; update the till's software"));
        }
        let short = || bad("it is cut off");
        let uuid = |rest: &mut &[u8]| take::<16>(rest).map(Uuid::from_bytes).ok_or_else(short);
        let number = |rest: &mut &[u8]| take::<8>(rest).map(u64::from_be_bytes).ok_or_else(short);
        match kind {
            ASKED => Ok(Self::Asked { id: CommandId(uuid(&mut rest)?), request: rest.to_vec() }),
            TURNED_AWAY => {
                Ok(Self::Answered { id: CommandId(uuid(&mut rest)?), place: None, reply: rest.to_vec() })
            }
            ANSWERED => {
                let id = CommandId(uuid(&mut rest)?);
                let place = (EpochId(uuid(&mut rest)?), number(&mut rest)?);
                Ok(Self::Answered { id, place: Some(place), reply: rest.to_vec() })
            }
            COVERED => Ok(Self::Covered { epoch: EpochId(uuid(&mut rest)?), seq: number(&mut rest)? }),
            _ => Err(bad("its kind is unknown; update the till's software")),
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> CommandId {
        CommandId(Uuid::from_u128(n))
    }

    #[test]
    fn the_stored_form_does_not_change() {
        let epoch = EpochId(Uuid::from_u128(2));
        for (entry, hex) in [
            (Entry::Asked { id: id(1), request: b"{}".to_vec() }, "0101000000000000000000000000000000017b7d"),
            (
                Entry::Answered { id: id(1), place: Some((epoch, 3)), reply: b"[]".to_vec() },
                "01020000000000000000000000000000000100000000000000000000000000000002\
                 00000000000000035b5d",
            ),
            (
                Entry::Answered { id: id(1), place: None, reply: b"[]".to_vec() },
                "0104000000000000000000000000000000015b5d",
            ),
            (Entry::Covered { epoch, seq: 4 }, "0103000000000000000000000000000000020000000000000004"),
        ] {
            assert_eq!(hex::encode(entry.encode()), hex);
            assert_eq!(Entry::decode(1, &entry.encode()).unwrap(), entry);
        }
    }

    #[test]
    fn foreign_bytes_are_named_and_not_guessed() {
        for bytes in [&[][..], &[1], &[2, 1, 0], &[1, 9], &[1, 3, 0]] {
            assert_eq!(Entry::decode(7, bytes).unwrap_err().code(), "HF-TIL-008");
        }
    }
}
