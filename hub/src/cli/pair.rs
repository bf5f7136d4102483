//! `pair`: a code that lets one till in.

use std::net::{IpAddr, SocketAddr};

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::clock::Machine;
use crate::error::HubError;
use crate::pairing::Pairing;
use crate::tls::{Authority, is_private, local_addresses};

pub(super) async fn run(place: &Place, name: String) -> Result<(), HubError> {
    let folder = place.folder();
    let label = admin::label("till's name", &name)?;
    let (code, fingerprint, https) = match idle(place)? {
        Some(console) => {
            let store = console.with_state(|state| state.store);
            let store = store.ok_or(HubError::NotProvisioned { path: place.data.clone() })?;
            let code = Pairing::open(folder.pairing())?.issue(&label, Machine.now_ms(), Machine.random())?;
            let authority = Authority::open(&folder, store, Machine.now_ms())?;
            console.close()?;
            (code, authority.fingerprint(), reachable(place.config()?.listen.https))
        }
        None => match admin::ask(&folder, &Ask::Pair { name }, &[]).await? {
            Told::Code { code, fingerprint, https } => (code, fingerprint, https),
            other => return Err(unexpected(other)),
        },
    };
    println!("pairing-code {code}");
    println!("ca-fingerprint {fingerprint}");
    println!("\nOn the till, within ten minutes:");
    println!(
        "  holdfast-terminal pair --data till --hub https://{https} --code {code} --ca-fingerprint {fingerprint}"
    );
    Ok(())
}

/// An address that a till can type: a listener on every address is reached by one of the machine's own.
pub(crate) fn reachable(listener: SocketAddr) -> String {
    if !listener.ip().is_unspecified() {
        return listener.to_string();
    }
    let own = local_addresses();
    let lan = own.iter().find(|ip| ip.is_ipv4() && is_private(**ip) && !ip.is_loopback());
    let ip = lan.copied().unwrap_or(IpAddr::from([127, 0, 0, 1]));
    SocketAddr::new(ip, listener.port()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_reached_by_one() {
        assert_eq!(reachable("10.0.0.5:8443".parse().unwrap()), "10.0.0.5:8443");
        let any = reachable("0.0.0.0:8443".parse().unwrap());
        assert!(any.ends_with(":8443") && !any.starts_with("0.0.0.0"), "{any}");
    }
}
