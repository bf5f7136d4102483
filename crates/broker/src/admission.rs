//! Who may open one more connection: bounds on unfinished handshakes and on the rate of new ones.
//!
//! One device must not be able to keep the others out, so each address has a share of the handshakes that is far
//! smaller than the whole, and a rate of its own.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Limits, Refusal, lock};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A rate with a burst, as the time at which everything taken so far would have been due. Pure: time is an argument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    nanos_per_unit: u64,
    burst: Duration,
    due: Option<Instant>,
}

impl Rate {
    pub fn new(units_per_second: u32, burst_units: u32) -> Self {
        let nanos_per_unit = (NANOS_PER_SECOND / u64::from(units_per_second.max(1))).max(1);
        let burst = Duration::from_nanos(nanos_per_unit.saturating_mul(u64::from(burst_units)));
        Self { nanos_per_unit, burst, due: None }
    }

    /// Takes `units` if the rate allows; otherwise takes nothing.
    pub fn take(&mut self, units: usize, now: Instant) -> bool {
        let cost = Duration::from_nanos(self.nanos_per_unit.saturating_mul(units as u64));
        let due = self.due.map_or(now, |due| due.max(now)) + cost;
        let allowed = due - now <= self.burst;
        if allowed {
            self.due = Some(due);
        }
        allowed
    }

    /// Whether forgetting this rate would change nothing.
    fn is_idle(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }
}

#[derive(Debug)]
struct Peer {
    handshakes: usize,
    connects: Rate,
}

#[derive(Debug, Default)]
struct Peers {
    handshakes: usize,
    by_address: HashMap<IpAddr, Peer>,
}

#[derive(Debug)]
pub(crate) struct Admission {
    handshakes_max: usize,
    handshakes_per_ip_max: usize,
    connects_per_ip_per_second: u32,
    connects_per_ip_burst: u32,
    peers_max: usize,
    peers: Mutex<Peers>,
}

impl Admission {
    pub fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            handshakes_max: limits.handshakes_max,
            handshakes_per_ip_max: limits.handshakes_per_ip_max,
            connects_per_ip_per_second: limits.connects_per_ip_per_second,
            connects_per_ip_burst: limits.connects_per_ip_burst,
            peers_max: limits.peers_max,
            peers: Mutex::default(),
        })
    }

    /// Admits a connection from `address` to its handshake.
    pub fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Result<Handshake, Refusal> {
        let address = share_of(address);
        let mut peers = lock(&self.peers);
        if peers.handshakes >= self.handshakes_max {
            return Err(Refusal::HandshakesFull);
        }
        if !peers.by_address.contains_key(&address) && peers.by_address.len() >= self.peers_max {
            peers.by_address.retain(|_, peer| peer.handshakes > 0 || !peer.connects.is_idle(now));
            if peers.by_address.len() >= self.peers_max {
                return Err(Refusal::HandshakesFull);
            }
        }
        let peer = peers.by_address.entry(address).or_insert_with(|| Peer {
            handshakes: 0,
            connects: Rate::new(self.connects_per_ip_per_second, self.connects_per_ip_burst),
        });
        if peer.handshakes >= self.handshakes_per_ip_max {
            return Err(Refusal::PeerHandshakesFull);
        }
        if !peer.connects.take(1, now) {
            return Err(Refusal::ConnectRate);
        }
        peer.handshakes += 1;
        peers.handshakes += 1;
        Ok(Handshake { admission: Arc::clone(self), address })
    }

    pub fn handshakes(&self) -> usize {
        lock(&self.peers).handshakes
    }
}

/// The place of one unfinished handshake; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Handshake {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Drop for Handshake {
    fn drop(&mut self) {
        let mut peers = lock(&self.admission.peers);
        peers.handshakes = peers.handshakes.saturating_sub(1);
        if let Some(peer) = peers.by_address.get_mut(&self.address) {
            peer.handshakes = peer.handshakes.saturating_sub(1);
        }
    }
}

/// One device can have 2^64 IPv6 addresses, so its /64 shares one place; an IPv4 address in IPv6 clothes is itself.
fn share_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn a_rate_gives_its_burst_at_once_and_then_its_rate() {
        let start = Instant::now();
        let mut rate = Rate::new(10, 5);
        assert_eq!((0..20).filter(|_| rate.take(1, start)).count(), 5);
        assert!(!rate.take(1, start + Duration::from_millis(99)));
        assert!(rate.take(1, start + Duration::from_millis(100)));
        let later = start + Duration::from_secs(3_600);
        assert_eq!((0..20).filter(|_| rate.take(1, later)).count(), 5);
        let ten_seconds = (0..1_000).filter(|i| rate.take(1, later + Duration::from_millis(10 * i))).count();
        assert!((99..=100).contains(&ten_seconds), "{ten_seconds}");
    }

    #[test]
    fn one_address_has_a_share_and_all_together_have_a_bound() {
        let limits =
            Limits { handshakes_max: 5, handshakes_per_ip_max: 2, peers_max: 3, ..Limits::default() };
        let admission = Admission::new(&limits);
        let now = Instant::now();
        let mut held = Vec::new();
        for last in [1, 2] {
            held.push(admission.admit(address(last), now).unwrap());
            held.push(admission.admit(address(last), now).unwrap());
            assert_eq!(admission.admit(address(last), now).unwrap_err(), Refusal::PeerHandshakesFull);
        }
        held.push(admission.admit(address(3), now).unwrap());
        assert_eq!(admission.admit(address(3), now).unwrap_err(), Refusal::HandshakesFull);
        held.pop();
        assert_eq!(
            admission.admit(address(4), now).unwrap_err(),
            Refusal::HandshakesFull,
            "three remembered"
        );
        assert!(
            admission.admit(address(4), now + Duration::from_secs(60)).is_ok(),
            "the idle one is forgotten"
        );
        held.clear();
        assert_eq!(admission.handshakes(), 0);
    }

    #[test]
    fn connects_of_one_address_are_slowed_and_its_slash_64_is_one_address() {
        let limits = Limits { connects_per_ip_per_second: 1, connects_per_ip_burst: 3, ..Limits::default() };
        let admission = Admission::new(&limits);
        let now = Instant::now();
        let v6 = |host: u128| IpAddr::V6(((0x2001_0db8_u128 << 96) + host).into());
        for host in 1..=3 {
            admission.admit(v6(host), now).unwrap();
        }
        assert_eq!(admission.admit(v6(4), now).unwrap_err(), Refusal::ConnectRate);
        assert!(admission.admit(v6(1 << 64), now).is_ok());
        assert!(admission.admit("::ffff:10.0.0.1".parse().unwrap(), now).is_ok());
        assert_eq!(lock(&admission.peers).by_address.len(), 3);
    }
}
