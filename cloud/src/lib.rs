//! The cloud: takes in every store's journal exactly once by its position, keeps it verbatim, projects it into the figures
//! that HQ sees, and shows them. A start binds everything first and serves only then; a test or a demo starts the same
//! server in its own process with [`serve`].
//!
//! Invariant: nothing here decides a sale. No price, tax or rounding is computed; every amount comes from a store's event and
//! is added up. No store waits for the cloud.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod error;
pub mod http;
pub mod ingest;
pub mod live;
pub mod metrics;
pub mod model;
pub mod projection;
pub mod secrets;
pub mod standing;
pub mod store;
pub mod stored;
pub mod verify;

pub use config::Config;
pub use error::{CloudError, ERROR_CODES};
pub use http::openapi_json;

/// How long requests may finish after a stop was asked for.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// A server that runs. Dropping it leaves the server running until its runtime ends; [`Running::shutdown`] ends it in order.
#[derive(Debug)]
pub struct Running {
    /// Where it listens; the port is the one that was given by the system when 0 was asked for.
    pub addr: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
    hints: JoinHandle<()>,
    store: store::sqlite::SqliteStore,
}

impl Running {
    /// The address as a browser takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops accepting, lets requests finish, closes the database.
    pub async fn shutdown(self) {
        self.stop.cancel();
        let mut server = self.server;
        if tokio::time::timeout(STOP_WAIT, &mut server).await.is_err() {
            tracing::warn!("requests were still running when the server stopped");
            server.abort();
        }
        // A task that was cancelled or ended has nothing more to say.
        let _ = self.hints.await;
        self.store.close().await;
    }
}

/// Opens the database, binds the address and serves.
///
/// # Errors
/// HF-CLD-002 or HF-CLD-007 for the data folder, HF-CLD-003 for the address.
pub async fn serve(config: Config) -> Result<Running, CloudError> {
    let database = admin::open(&config.data).await?;
    let listen = |source| CloudError::Listen { address: config.listen.to_string(), source };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let addr = listener.local_addr().map_err(listen)?;
    let stop = CancellationToken::new();
    let interval = Duration::from_millis(config.live.coalesce_ms);
    let app = Arc::new(app::App::new(Arc::new(database.clone()), config, stop.clone()));
    let hints = tokio::spawn({
        let (app, stop) = (Arc::clone(&app), stop.clone());
        async move { app.live.run(interval, stop).await }
    });
    let service = http::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn({
        let stop = stop.clone();
        async move { axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await }
    });
    tracing::info!(%addr, "the cloud serves");
    Ok(Running { addr, stop, server, hints, store: database })
}
