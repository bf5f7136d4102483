//! MQTT over a WebSocket of the hub's HTTPS port: the same gate by another door.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{SinkExt, StreamExt, future};
use tokio::time::Instant;
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};
use tokio_util::sync::CancellationToken;

use crate::gate::Gate;
use crate::metrics::bump;
use crate::serve::{Arrival, serve};
use crate::{Refusal, Transport};

/// The subprotocol's registered name (MQTT 3.1.1, section 6).
const SUBPROTOCOL: &str = "mqtt";
/// What a client may put into one WebSocket message besides one largest packet.
const MESSAGE_SLACK_BYTES: usize = 16 * 1024;

impl Gate {
    /// Takes over a WebSocket upgrade. A browser says which page asks (`Origin`); it must be one of the hub's own host
    /// or of [`Limits::allowed_origins`](crate::Limits::allowed_origins). Other clients send no `Origin`; the till's
    /// secret is what lets them in.
    ///
    /// The caller's HTTP server bounds the time until the request's headers are there and sets TCP_NODELAY.
    pub fn websocket(&self, upgrade: WebSocketUpgrade, headers: &HeaderMap, peer: SocketAddr) -> Response {
        let inner = Arc::clone(&self.inner);
        bump(&inner.counters.accepted);
        let refuse = |refusal: Refusal, status: StatusCode| {
            inner.counters.refuse(refusal);
            tracing::debug!(code = refusal.code(), rule = refusal.name(), %peer, "WebSocket refused");
            (status, format!("{} {}\n", refusal.code(), refusal.name())).into_response()
        };
        if inner.closing.is_cancelled() {
            return refuse(Refusal::Stopping, StatusCode::SERVICE_UNAVAILABLE);
        }
        if !origin_is_allowed(headers, &inner.limits.allowed_origins) {
            return refuse(Refusal::Origin, StatusCode::FORBIDDEN);
        }
        let upgrade = upgrade
            .protocols([SUBPROTOCOL])
            .max_message_size(inner.limits.packet_bytes_max + MESSAGE_SLACK_BYTES)
            .max_frame_size(inner.limits.packet_bytes_max + MESSAGE_SLACK_BYTES);
        if upgrade.selected_protocol().is_none() {
            return refuse(Refusal::Subprotocol, StatusCode::BAD_REQUEST);
        }
        let handshake = match inner.admission.admit(peer.ip(), std::time::Instant::now()) {
            Ok(handshake) => handshake,
            Err(refusal) => return refuse(refusal, StatusCode::TOO_MANY_REQUESTS),
        };
        let deadline = Instant::now() + inner.limits.handshake_timeout;
        upgrade.on_upgrade(move |socket| {
            let shutdown = CancellationToken::new();
            let arrival = Arrival { peer, transport: Transport::WebSocket, deadline, handshake, shutdown };
            let tasks = inner.tasks.clone();
            tasks.track_future(async move {
                let (reader, writer) = as_bytes(socket);
                serve(inner, reader, writer, arrival).await;
            })
        })
    }
}

/// A WebSocket as a stream of bytes in both directions. MQTT packets need not line up with WebSocket messages.
fn as_bytes(
    socket: WebSocket,
) -> (impl tokio::io::AsyncRead + Unpin + Send, impl tokio::io::AsyncWrite + Unpin + Send) {
    let (sink, stream) = socket.split();
    let incoming = stream
        .take_while(|message| future::ready(!matches!(message, Ok(Message::Close(_)))))
        .filter_map(|message| {
            future::ready(match message {
                Ok(Message::Binary(bytes)) => Some(Ok(bytes)),
                // MQTT-6.0.0-1: MQTT control packets are binary frames only.
                Ok(Message::Text(_)) => Some(Err(io::ErrorKind::InvalidData.into())),
                // Pings are answered below this layer.
                Ok(_) => None,
                Err(error) => Some(Err(io::Error::other(error))),
            })
        });
    let outgoing = sink
        .sink_map_err(io::Error::other)
        .with(|bytes: Bytes| future::ready(Ok::<_, io::Error>(Message::Binary(bytes))));
    (StreamReader::new(incoming), SinkWriter::new(CopyToBytes::new(outgoing)))
}

/// Whether the page that asks is ours. Two origins are one if scheme, host and port are; the hub's own scheme is not in
/// the request, so for "same host" the port is compared with the default of the page's scheme filled in.
fn origin_is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if origins.next().is_some() {
        return false;
    }
    if allowed.iter().any(|a| a.eq_ignore_ascii_case(origin)) {
        return true;
    }
    // A page without an origin of its own says `null`, which has no scheme and no host.
    let Ok(page) = origin.parse::<Uri>() else { return false };
    let default_port = match page.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return false,
    };
    let host = headers.get(HOST).and_then(|h| h.to_str().ok()).and_then(|h| h.parse::<Uri>().ok());
    let (Some(page), Some(host)) = (page.authority(), host.as_ref().and_then(Uri::authority)) else {
        return false;
    };
    page.host().eq_ignore_ascii_case(host.host())
        && page.port_u16().unwrap_or(default_port) == host.port_u16().unwrap_or(default_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_same_host_may_and_any_other_may_not() {
        let allowed = ["https://tablet.example".to_owned()];
        for (host, origin, expected) in [
            ("hub.local", None, true),
            ("hub.local", Some("https://hub.local"), true),
            ("hub.local", Some("https://HUB.local:443"), true),
            ("hub.local:8443", Some("https://hub.local:8443"), true),
            ("10.0.0.9:8443", Some("https://10.0.0.9:8443"), true),
            ("[fd00::1]:8443", Some("https://[fd00::1]:8443"), true),
            ("hub.local", Some("https://tablet.example"), true),
            ("hub.local:8443", Some("https://hub.local"), false),
            ("hub.local", Some("https://hub.local:8443"), false),
            ("hub.local", Some("https://hub.local.evil.example"), false),
            ("hub.local", Some("https://evil.example"), false),
            ("hub.local", Some("https://hub.local@evil.example"), false),
            ("hub.local", Some("null"), false),
            ("hub.local", Some("file://hub.local"), false),
            ("hub.local", Some(""), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(origin_is_allowed(&headers, &allowed), expected, "{host} {origin:?}");
        }
        let mut two = HeaderMap::new();
        two.insert(HOST, "hub.local".parse().unwrap());
        two.append(ORIGIN, "https://hub.local".parse().unwrap());
        two.append(ORIGIN, "https://evil.example".parse().unwrap());
        assert!(!origin_is_allowed(&two, &[]));
    }
}
