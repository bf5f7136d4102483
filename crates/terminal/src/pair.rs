//! Making a till known to a store: a code that a person carries from the hub to the till.

use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;

use holdfast_protocol::till_api::{PAIR_PATH, PairRequest, PairResponse, Problem};

use crate::error::TillError;
use crate::hub_api::error_of;
use crate::identity::{Folder, Identity, split_address};
use crate::tls::{self, Trust};

/// How long pairing may take.
const PAIR_WITHIN: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What a person typed.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// `https://host:port`
    pub hub: String,
    /// As printed by `holdfast-hub pair`.
    pub code: String,
    /// SHA-256 of the store's certificate authority, 64 hex digits; may be left out on the hub's own machine.
    pub fingerprint: Option<String>,
}

/// Pairs the till in `folder`, or pairs it again: then it keeps its identity and its number.
///
/// # Errors
/// [`TillError`] that says whether the hub was not reached, not believed, or refused the code. Nothing is changed then.
pub async fn pair(folder: &Folder, pairing: &Pairing) -> Result<Identity, TillError> {
    let (host, port) = hub_address(&pairing.hub)?;
    let trust = trust(&host, pairing.fingerprint.as_deref())?;
    let known = folder.known()?;
    let (tls, seen) = tls::first_meeting(trust);
    let shown = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(PAIR_WITHIN)
        .no_proxy()
        .build()
        .map_err(|source| TillError::Unreachable { address: shown.clone(), source: source.into() })?;
    let request = PairRequest {
        code: pairing.code.trim().to_owned(),
        known_as: known.as_ref().map(Identity::known_as),
    };
    let answer = client
        .post(format!("https://{shown}{PAIR_PATH}"))
        .json(&request)
        .send()
        .await
        .map_err(|error| error_of(&shown, error))?;
    let accepted = answer.status().is_success();
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| error_of(&shown, error))?;
    let bad = |what: String| TillError::BadAnswer { request: PAIR_PATH.to_owned(), what };
    if body.len() > ANSWER_BYTES_MAX {
        return Err(bad(format!("{} bytes", body.len())));
    }
    if !accepted {
        return Err(match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => TillError::PairingRefused { code: problem.code, text: problem.text },
            Err(_) => bad(format!("HTTP {status}")),
        });
    }
    let paired: PairResponse = serde_json::from_slice(&body).map_err(|error| bad(error.to_string()))?;
    let believed = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if believed.is_none() || tls::authority_der(&paired.ca_pem) != believed {
        let what = "it gave another certificate authority than the one it showed".to_owned();
        return Err(TillError::NotTheStore { what });
    }
    if let Some(known) = &known
        && known.store() != paired.store
    {
        let (known, other) = (known.store().to_string(), paired.store.to_string());
        return Err(TillError::OtherStore { known, other });
    }
    let identity = Identity::new(PairResponse {
        mqtt: reachable(&paired.mqtt, &host)?,
        https: reachable(&paired.https, &host)?,
        ..paired
    })?;
    // What was kept must also work: a till that cannot speak TLS with what it got is not paired.
    tls::paired(&identity.paired().ca_pem, &identity.paired().server_name)?;
    folder.keep(&identity)?;
    Ok(identity)
}

fn hub_address(hub: &str) -> Result<(String, u16), TillError> {
    let example = "https://hub.example:8443";
    let bad = || TillError::Address { address: hub.to_owned(), example };
    let rest = hub.trim().strip_prefix("https://").ok_or_else(bad)?.trim_end_matches('/');
    split_address(rest).map_err(|_| bad())
}

fn trust(host: &str, fingerprint: Option<&str>) -> Result<Trust, TillError> {
    if let Some(text) = fingerprint {
        let mut bytes = [0; 32];
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        return match hex::decode_to_slice(&digits, &mut bytes) {
            Ok(()) => Ok(Trust::Fingerprint(bytes)),
            Err(_) => Err(TillError::NotTheStore { what: "the fingerprint is not 64 hex digits".to_owned() }),
        };
    }
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if here { Ok(Trust::ThisMachine) } else { Err(TillError::FingerprintNeeded { host: host.to_owned() }) }
}

/// A hub that listens on every address names none: the one that the person typed leads to it.
fn reachable(listener: &str, typed_host: &str) -> Result<String, TillError> {
    let (host, port) = split_address(listener)?;
    let host = match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => typed_host.to_owned(),
        _ => host,
    };
    Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_the_network_the_fingerprint_is_needed_and_on_this_machine_it_is_not() {
        assert_eq!(trust("127.0.0.1", None).unwrap(), Trust::ThisMachine);
        assert_eq!(trust("::1", None).unwrap(), Trust::ThisMachine);
        assert_eq!(trust("10.0.0.5", None).unwrap_err().code(), "HF-TIL-004");
        assert_eq!(trust("hub.example", None).unwrap_err().code(), "HF-TIL-004");
        assert_eq!(trust("127.0.0.1", Some("ab")).unwrap_err().code(), "HF-TIL-005");
        assert_eq!(trust("hub", Some(&"ab".repeat(32))).unwrap(), Trust::Fingerprint([0xab; 32]));
        assert_eq!(trust("hub", Some(&vec!["AB"; 32].join(":"))).unwrap(), Trust::Fingerprint([0xab; 32]));
    }

    #[test]
    fn a_listener_on_every_address_is_reached_where_the_hub_was_found() {
        assert_eq!(reachable("0.0.0.0:8883", "10.0.0.5").unwrap(), "10.0.0.5:8883");
        assert_eq!(reachable("[::]:8883", "fe80::1").unwrap(), "[fe80::1]:8883");
        assert_eq!(reachable("10.0.0.9:8883", "10.0.0.5").unwrap(), "10.0.0.9:8883");
        assert!(hub_address("http://hub:1").is_err() && hub_address("https://hub").is_err());
        assert_eq!(hub_address("https://hub:8443/").unwrap(), ("hub".into(), 8443));
    }
}
