//! The TLS listener. Its loop accepts and does nothing else, so no stranger can hold it up.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gate::{Gate, Inner};
use crate::metrics::bump;
use crate::serve::{Arrival, serve};
use crate::{Refusal, Transport};

pub(crate) const CODE_ACCEPT: &str = "HF-GATE-031";

impl Gate {
    /// Serves MQTT over TLS until `shutdown` or [`Gate::close`]; returns when its last connection has ended. The
    /// config decides on TLS versions and certificates.
    pub async fn serve_tls(
        &self,
        listener: TcpListener,
        config: Arc<ServerConfig>,
        shutdown: CancellationToken,
    ) {
        let inner = &self.inner;
        let acceptor = TlsAcceptor::from(config);
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = inner.closing.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, peer)) => {
                    if let Some(task) = admit(inner, &acceptor, socket, peer, &shutdown) {
                        connections.spawn(inner.tasks.track_future(task));
                    }
                }
                Err(error) => {
                    bump(&inner.counters.accept_errors);
                    if !is_of_one_connection(&error) {
                        tracing::error!(code = CODE_ACCEPT, %error, "cannot accept connections");
                        // Trying again at once would spin: what is missing comes back when something closes.
                        tokio::select! {
                            () = sleep(inner.limits.accept_backoff) => {}
                            () = shutdown.cancelled() => break,
                            () = inner.closing.cancelled() => break,
                        }
                    }
                }
            }
        }
        drop(listener);
        connections.close();
        connections.wait().await;
    }
}

/// The peer went away before it was accepted; the listener is well.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The task that serves a new socket, or none if it is not admitted.
fn admit(
    inner: &Arc<Inner>,
    acceptor: &TlsAcceptor,
    socket: TcpStream,
    peer: SocketAddr,
    shutdown: &CancellationToken,
) -> Option<impl Future<Output = ()> + Send + use<>> {
    bump(&inner.counters.accepted);
    let handshake = match inner.admission.admit(peer.ip(), std::time::Instant::now()) {
        Ok(handshake) => handshake,
        Err(refusal) => {
            inner.counters.refuse(refusal);
            return None;
        }
    };
    // Without it a small reply waits for the acknowledgement of the one before: 40 ms instead of 40 µs.
    if socket.set_nodelay(true).is_err() {
        return None;
    }
    let deadline = Instant::now() + inner.limits.handshake_timeout;
    let (inner, acceptor, shutdown) = (Arc::clone(inner), acceptor.clone(), shutdown.clone());
    Some(async move {
        let stream = tokio::select! {
            stream = timeout_at(deadline, acceptor.accept(socket)) => stream,
            () = shutdown.cancelled() => return,
            () = inner.closing.cancelled() => return,
        };
        match stream {
            Ok(Ok(stream)) => {
                let (reader, writer) = tokio::io::split(stream);
                let arrival = Arrival { peer, transport: Transport::Tls, deadline, handshake, shutdown };
                serve(inner, reader, writer, arrival).await;
            }
            Ok(Err(error)) => {
                inner.counters.refuse(Refusal::Tls);
                tracing::debug!(code = Refusal::Tls.code(), %peer, %error, "TLS handshake failed");
            }
            Err(_) => inner.counters.refuse(Refusal::HandshakeTimeout),
        }
    })
}
