//! The auditor's side: whether an export or a journal folder is what it was when it was written, and whether it goes as
//! far as signed heads and receipts say.
//!
//! Only an export says by itself how far its hub vouched for it. That a file or a folder ends too early is found against
//! a head or a receipt that names a later record; without one, the verdict says up to where it is complete.

mod evidence;
mod journal;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use ed25519_dalek::{Signature, VerifyingKey};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{HubId, StoreId};
use holdfast_protocol::export::{Closing, Decoder, Fault, Opening};
use holdfast_protocol::head::short;

pub(crate) use evidence::Carried;
pub use evidence::{Evidence, EvidenceError, KEYS_MAX, PublicKey, Receipt, WITNESSES_MAX, Witness};
pub use journal::{JournalVerdict, folder_through, verdict};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// What an intact export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    pub store: StoreId,
    pub hub: HubId,
    pub first_seq: u64,
    pub last_seq: u64,
    pub records: u64,
    /// The chain hash after the last record.
    pub hash: [u8; 32],
    /// The hub's clock when it signed the head of the last record.
    pub signed_at: Timestamp,
    /// Evidence that agrees.
    pub agrees: Vec<String>,
    /// Evidence that names a record before the export's first one, so that nothing could be compared.
    pub not_compared: Vec<String>,
}

impl fmt::Display for Intact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, first_seq, last_seq, .. } = self;
        let at = time(self.signed_at);
        if *first_seq == 1 {
            writeln!(f, "intact: {records} records, complete up to record {last_seq}, {at}")?;
        } else {
            writeln!(
                f,
                "intact: {records} records from {first_seq} on, complete up to record {last_seq}, {at}"
            )?;
        }
        writeln!(f, "store {}, hub {}", self.store, self.hub)?;
        writeln!(f, "record {last_seq} in short: {}", short(*last_seq, &self.hash))?;
        for name in &self.agrees {
            writeln!(f, "agrees: {name}")?;
        }
        for name in &self.not_compared {
            writeln!(f, "not compared, it names a record before the export's first: {name}")?;
        }
        Ok(())
    }
}

/// What is wrong with an export, first thing first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Its bytes contradict each other or the format.
    Format(Fault),
    /// It carries another public key than those that are trusted.
    Key { offset: u64, seq: u64 },
    /// The head of its last record is not signed by the key.
    HeadSignature { offset: u64, seq: u64 },
    /// The file is not signed by the key.
    FileSignature { offset: u64, seq: u64 },
    /// Evidence names another history at a record that is there.
    History { name: String, seq: u64 },
    /// Evidence names a record behind the last one.
    CutOff { name: String, seq: u64, last_seq: u64 },
}

impl Finding {
    /// The finding in one word, the same in every verifier.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Format(fault) => fault.problem.word(),
            Self::Key { .. } => "key",
            Self::HeadSignature { .. } => "head-signature",
            Self::FileSignature { .. } => "file-signature",
            Self::History { .. } => "history",
            Self::CutOff { .. } => "cut-off",
        }
    }

    /// Where in the file, in bytes from its start; none when no place in it is wrong.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match self {
            Self::Format(fault) => Some(fault.offset),
            Self::Key { offset, .. }
            | Self::HeadSignature { offset, .. }
            | Self::FileSignature { offset, .. } => Some(*offset),
            Self::History { .. } | Self::CutOff { .. } => None,
        }
    }

    /// The record that it concerns; 0 for the header.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match self {
            Self::Format(fault) => fault.seq,
            Self::Key { seq, .. }
            | Self::HeadSignature { seq, .. }
            | Self::FileSignature { seq, .. }
            | Self::History { seq, .. }
            | Self::CutOff { seq, .. } => *seq,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NOT INTACT at record {}", self.seq())?;
        if let Some(offset) = self.offset() {
            write!(f, ", byte {offset}")?;
        }
        match self {
            Self::Format(fault) => write!(f, ": {}", fault.problem)?,
            Self::Key { .. } => write!(f, ": the export carries another public key than the one given")?,
            Self::HeadSignature { .. } => write!(f, ": the last head is not signed by the hub's key")?,
            Self::FileSignature { .. } => write!(f, ": the file is not signed by the hub's key")?,
            Self::History { name, .. } => write!(
                f,
                ": {name} proves another history there; a record was changed, or the hub was set back"
            )?,
            Self::CutOff { name, last_seq, .. } => {
                write!(f, ": {name} proves this record, and record {last_seq} is the last one here")?
            }
        }
        writeln!(f, " [{}]", self.word())
    }
}

/// Verifies an export against the keys that the reader trusts and against evidence from elsewhere. Memory stays flat.
///
/// # Errors
/// When the source cannot be read, or evidence is of another store, which is neither intact nor not.
pub fn export(
    source: &mut dyn Read,
    keys: &[PublicKey],
    evidence: &Evidence,
) -> Result<Result<Intact, Finding>, EvidenceError> {
    let mut decoder = Decoder::new();
    let mut known: BTreeMap<u64, Option<[u8; 32]>> = evidence.seqs().map(|seq| (seq, None)).collect();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let taken = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(taken) => taken,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(EvidenceError::Unreadable { name: "the export".into(), source: error }),
        };
        let fed = decoder.feed(&piece[..taken], &mut |entry| {
            if !known.is_empty()
                && let Some(hash) = known.get_mut(&entry.seq)
            {
                *hash = Some(entry.hash);
            }
        });
        if let Err(fault) = fed {
            return Ok(Err(Finding::Format(fault)));
        }
    }
    let (opening, closing) = match decoder.finish() {
        Ok(whole) => whole,
        Err(fault) => return Ok(Err(Finding::Format(fault))),
    };
    if let Err(finding) = signatures(&closing, keys) {
        return Ok(Err(finding));
    }
    if let Some(hash) = known.get_mut(&(opening.first_seq - 1)) {
        *hash = Some(opening.previous);
    }
    against(&opening, &closing, evidence, &known)
}

fn signatures(closing: &Closing, keys: &[PublicKey]) -> Result<(), Finding> {
    let seq = closing.head.head.seq;
    let at = |from_end: u64| closing.bytes - from_end;
    let Some(key) = keys.iter().find(|key| key.bytes() == closing.public_key) else {
        return Err(Finding::Key { offset: at(96), seq });
    };
    if !key.has_signed(&closing.head.head.signing_bytes(), &closing.head.signature) {
        return Err(Finding::HeadSignature { offset: at(160), seq });
    }
    if !key.has_signed(&closing.seal_bytes(), &closing.signature) {
        return Err(Finding::FileSignature { offset: at(64), seq });
    }
    Ok(())
}

fn against(
    opening: &Opening,
    closing: &Closing,
    evidence: &Evidence,
    known: &BTreeMap<u64, Option<[u8; 32]>>,
) -> Result<Result<Intact, Finding>, EvidenceError> {
    let head = closing.head.head;
    let mut intact = Intact {
        store: opening.store,
        hub: opening.hub,
        first_seq: opening.first_seq,
        last_seq: head.seq,
        records: closing.records,
        hash: head.hash,
        signed_at: head.signed_at,
        agrees: Vec::new(),
        not_compared: Vec::new(),
    };
    evidence.check_store(opening.store)?;
    for witness in evidence.witnesses() {
        let (name, seq) = (witness.name.clone(), witness.seq());
        match known.get(&seq).copied().flatten() {
            Some(hash) if witness.agrees_with(&hash) => intact.agrees.push(name),
            Some(_) => return Ok(Err(Finding::History { name, seq })),
            None if seq > head.seq => {
                return Ok(Err(Finding::CutOff { name, seq, last_seq: head.seq }));
            }
            None => intact.not_compared.push(name),
        }
    }
    Ok(Ok(intact))
}

/// A moment as a person reads it, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(instant) => format!("{instant:.3}"),
        Err(_) => format!("{} ms since 1970", at.0),
    }
}

fn signature_holds(key: &VerifyingKey, bytes: &[u8], signature: &[u8; 64]) -> bool {
    key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
}
