//! The enrolled tills and the hashes of their secrets, in memory, so that the gate never waits for the state.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use holdfast_broker::{Authenticator, Denied};
use holdfast_domain::ids::TerminalId;
use holdfast_domain::state::State;
use holdfast_domain::till::Standing;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of a till's secret.
const SECRET_BYTES: usize = 32;

/// What tills prove themselves with.
#[derive(Debug)]
pub(crate) struct Credentials {
    tills: RwLock<HashMap<TerminalId, ([u8; 32], Standing)>>,
}

impl Credentials {
    /// Those of the state.
    pub fn of(state: &State) -> Self {
        let tills = state.tills.values().map(|till| (till.terminal, (till.secret_hash, till.standing)));
        Self { tills: RwLock::new(tills.collect()) }
    }

    /// A till was enrolled, or enrolled again with another secret.
    pub fn enrolled(&self, terminal: TerminalId, secret_hash: [u8; 32]) {
        let mut tills = self.tills.write().unwrap_or_else(PoisonError::into_inner);
        tills.insert(terminal, (secret_hash, Standing::Enrolled));
    }

    /// Whether a secret, in hex as pairing gave it or as its bytes, proves to be a till.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, terminal: TerminalId, secret: &[u8]) -> Result<(), Denied> {
        let tills = self.tills.read().unwrap_or_else(PoisonError::into_inner);
        let (hash, standing) = tills.get(&terminal).ok_or(Denied::UnknownTerminal)?;
        let mut bytes = [0; SECRET_BYTES];
        let given: &[u8] = match hex::decode_to_slice(secret, &mut bytes) {
            Ok(()) => &bytes,
            Err(_) => secret,
        };
        if !bool::from(Sha256::digest(given)[..].ct_eq(hash)) {
            return Err(Denied::WrongSecret);
        }
        match standing {
            Standing::Enrolled => Ok(()),
            Standing::Revoked => Err(Denied::Revoked),
        }
    }
}

impl Authenticator for Credentials {
    fn authenticate(&self, terminal: TerminalId, secret: &[u8], _peer: SocketAddr) -> Result<(), Denied> {
        self.check(terminal, secret)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::ids::Uuid;

    use super::*;

    #[test]
    fn only_the_secret_of_an_enrolled_till_opens() {
        let credentials = Credentials::of(&State::default());
        let (till, other) = (TerminalId(Uuid::from_u128(1)), TerminalId(Uuid::from_u128(2)));
        credentials.enrolled(till, Sha256::digest([7; 32]).into());
        assert_eq!(credentials.check(till, hex::encode([7; 32]).as_bytes()), Ok(()));
        assert_eq!(credentials.check(till, &[7; 32]), Ok(()));
        assert_eq!(credentials.check(other, &[7; 32]), Err(Denied::UnknownTerminal));
        for wrong in [&b""[..], &[8; 32], b"07", &Sha256::digest([7; 32])] {
            assert_eq!(credentials.check(till, wrong), Err(Denied::WrongSecret));
        }
        credentials.enrolled(till, Sha256::digest([9; 32]).into());
        assert_eq!(credentials.check(till, &[7; 32]), Err(Denied::WrongSecret), "paired again");
        credentials.tills.write().unwrap().get_mut(&till).unwrap().1 = Standing::Revoked;
        assert_eq!(credentials.check(till, &[9; 32]), Err(Denied::Revoked));
    }
}
