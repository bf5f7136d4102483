//! An HTTP listener, plain or over TLS. Its loop accepts and does nothing else, so that no stranger can hold it up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// From accept to the end of the TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// From the beginning of a request to the end of its headers; also how long an idle connection is kept.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// Bytes of a request's headers.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// The pause after an accept that failed for the whole process.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub address: SocketAddr,
    pub tls: bool,
}

/// Serves until `stop`, then lets what is under way end.
pub(super) async fn run(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    permits: Arc<Semaphore>,
    stop: CancellationToken,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let connections = TaskTracker::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (socket, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (acceptor, router, stop) = (acceptor.clone(), router.clone(), stop.clone());
        connections.spawn(async move {
            let _permit = permit;
            connection(socket, address, acceptor, router, stop).await;
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection(
    socket: TcpStream,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    stop: CancellationToken,
) {
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let peer = Peer { address, tls: acceptor.is_some() };
    match acceptor {
        None => exchange(socket, peer, router, stop).await,
        Some(acceptor) => match timeout(HANDSHAKE_WITHIN, acceptor.accept(socket)).await {
            Ok(Ok(stream)) => exchange(stream, peer, router, stop).await,
            Ok(Err(error)) => tracing::debug!(%address, %error, "an HTTPS handshake failed"),
            Err(_) => tracing::debug!(%address, "an HTTPS handshake took too long"),
        },
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    stop: CancellationToken,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(peer = %peer.address, %error, "an HTTP connection ended");
    }
}
