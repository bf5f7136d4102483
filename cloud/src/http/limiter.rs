//! Wrong sign-ins by address: a bounded memory that slows guessing over many names.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// Wrong sign-ins that one address has within a window.
pub const FAILURES_MAX: u32 = 30;
/// The window, in milliseconds.
const WINDOW_MS: i64 = 10 * 60_000;
/// Addresses remembered at one time.
const ADDRESSES_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub struct AddressLimiter {
    seen: Mutex<HashMap<IpAddr, (u32, i64)>>,
}

impl AddressLimiter {
    /// How long an address must wait, in milliseconds; none when it may try.
    pub fn wait_ms(&self, address: IpAddr, now_ms: i64) -> Option<i64> {
        let seen = self.seen.lock().expect("no code panics while it holds this lock");
        let (failures, until) = seen.get(&address).copied()?;
        (failures >= FAILURES_MAX && now_ms < until).then_some(until - now_ms)
    }

    /// Counts a wrong sign-in.
    pub fn fail(&self, address: IpAddr, now_ms: i64) {
        let mut seen = self.seen.lock().expect("no code panics while it holds this lock");
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, (_, until)| *until > now_ms);
            // Still full of fresh failures: forget all rather than grow. Names have their own locks.
            if seen.len() >= ADDRESSES_MAX {
                seen.clear();
            }
        }
        let entry = seen.entry(address).or_insert((0, now_ms + WINDOW_MS));
        if entry.1 <= now_ms {
            *entry = (0, now_ms + WINDOW_MS);
        }
        entry.0 = entry.0.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_for_the_rest_of_its_window() {
        let limiter = AddressLimiter::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        for _ in 0..FAILURES_MAX {
            assert_eq!(limiter.wait_ms(address, 5), None);
            limiter.fail(address, 5);
        }
        assert_eq!(limiter.wait_ms(address, 5), Some(WINDOW_MS));
        assert_eq!(limiter.wait_ms(IpAddr::from([192, 0, 2, 2]), 5), None);
        assert_eq!(limiter.wait_ms(address, 5 + WINDOW_MS), None);
    }
}
