//! What brings a store back when its hub is gone: the recovery code that one person keeps, the vault at HQ and the backup
//! on a stick that only this code opens, and the way back from either.
//!
//! The hub keeps the public half of what the code stands for (`recovery.json`) and can therefore seal at any time and open
//! nothing. Everything sealed is an age file, so that the code and a well-known tool are enough to read it without us.

pub mod backup;
pub mod code;
mod error;
pub mod keeper;
pub mod opened;
pub mod restore;
pub mod sealing;
pub mod standing;
pub mod vault;

pub use error::RecoveryError;
