//! What can go wrong between a recovery code and a store that is back, each with its page.

use std::path::PathBuf;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A fault of recovery codes, vaults, backups and restores.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    #[error("HF-REC-001 the recovery code was not typed as it was printed: {problem}")]
    Code { problem: String },
    #[error(
        "HF-REC-002 this recovery code does not open {what}; it was sealed for another code or another store"
    )]
    WrongCode { what: String },
    #[error("HF-REC-003 {what} is damaged and cannot be used; take another one")]
    Damaged {
        what: String,
        #[source]
        source: Cause,
    },
    #[error("HF-REC-004 {what} belongs to store {found}, not to store {expected}")]
    OtherStore { what: String, found: String, expected: String },
    #[error("HF-REC-005 {} is not empty; name a folder that does not exist yet", path.display())]
    FolderNotEmpty { path: PathBuf },
    #[error("HF-REC-006 {} is there already and is not overwritten; name another file", path.display())]
    FileExists { path: PathBuf },
    #[error("HF-REC-007 {needed_mib} MiB are needed at {} and {free_mib} MiB are free", path.display())]
    NoRoom { path: PathBuf, needed_mib: u64, free_mib: u64 },
    #[error(
        "HF-REC-008 HQ has no vault of this store; provision without a recovery code and pair the tills again"
    )]
    NoVault,
    #[error(
        "HF-REC-009 this hub has no recovery code yet, so nothing can be sealed; make one with `holdfast-hub recovery new-code`"
    )]
    NoCode,
    #[error(
        "HF-REC-010 the vault has {bytes} bytes and HQ takes {limit}; the hub sells on, its vault at HQ stays the older one"
    )]
    VaultTooLarge { bytes: usize, limit: usize },
    #[error(
        "HF-REC-011 the backup was written and is not what was sent when it is read again; the medium is bad, use another one"
    )]
    NotReadBack {
        #[source]
        source: Cause,
    },
    #[error(
        "HF-REC-012 this folder already has certificates of its own, which tills may trust; use the code with an empty folder"
    )]
    OwnCertificates,
    #[error("HF-REC-013 a backup is being written already; wait until it is done")]
    BackupUnderWay,
}
