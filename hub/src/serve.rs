//! A serving hub: everything opened and connected in the order of its dependencies, and taken down in the reverse one.
//!
//! Everything is read and checked before a socket opens; a hub that listens can sell. It stops in the written order: gate,
//! HTTP, terminals, ledger, journal, state.

mod counter;
mod credentials;
mod listener;
mod payments;
mod ports;
mod printers;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use holdfast_actors::space::{self, Space};
use holdfast_actors::{Parts, Running, Uplink};
use holdfast_broker::{Gate, Limits};
use holdfast_domain::ids::StoreId;
use holdfast_store::SledStore;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use credentials::Credentials;
pub(crate) use listener::Peer;

use crate::admin;
use crate::ballast::DataDisk;
use crate::catalogs;
use crate::clock::Machine;
use crate::cloud::{Cloud, install_cryptography};
use crate::config::{self, Config};
use crate::console::with_state;
use crate::counter::Counter;
use crate::error::HubError;
use crate::folder::{self, DataFolder, FolderLock};
use crate::heads::HeadKeeper;
use crate::http::{self, App};
use crate::identity::Identity;
use crate::pairing::Pairing;
use crate::people::People;
use crate::provision::SOFTWARE;
use crate::recovery::keeper::Keeper;
use crate::storage;
use crate::subjects::{Gone, Office, Subjects};
use crate::tls::{Authority, HubCertificate, local_addresses};

/// How often the certificate is looked at.
const RENEWAL_LOOK: Duration = Duration::from_secs(60 * 60);
/// How long open HTTP exchanges may take to end when the hub stops.
const HTTP_END_WITHIN: Duration = Duration::from_secs(5);
/// Protocols of the HTTPS port.
const HTTP_PROTOCOLS: [&[u8]; 1] = [b"http/1.1"];

/// What a hub is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    pub data: PathBuf,
    pub config: Config,
}

/// Where a hub listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Addresses {
    pub mqtt: SocketAddr,
    pub https: SocketAddr,
    pub http: SocketAddr,
}

/// A hub that serves. Dropping it ends nothing cleanly; [`Serving::shutdown`] does.
#[derive(Debug)]
pub struct Serving {
    pub addresses: Addresses,
    pub store: StoreId,
    app: Arc<App>,
    stop: CancellationToken,
    edges: TaskTracker,
    on_disk: Option<Arc<SledStore>>,
    _lock: FolderLock,
}

/// Starts a hub from a provisioned data folder.
///
/// # Errors
/// Whatever stands in the way, each with its code; nothing is left open.
pub async fn serve(settings: Settings) -> Result<Serving, HubError> {
    install_cryptography();
    let Settings { data, config } = settings;
    config.validate()?;
    let folder = DataFolder::new(data);
    let lock = folder.lock()?;
    let not_provisioned = || HubError::NotProvisioned { path: folder.root().into() };
    let identity = Arc::new(Identity::read(&folder)?.ok_or_else(not_provisioned)?);
    let store = identity.store.ok_or_else(not_provisioned)?;
    if !Machine.is_plausible() {
        tracing::error!(
            code = "HF-HUB-030",
            "the machine's clock shows a time before this software was made; set it"
        );
    }

    let opened = {
        let (folder, segment_mib) = (folder.clone(), config.journal.segment_mib);
        tokio::task::spawn_blocking(move || storage::open(&folder, segment_mib))
            .await
            .expect("opening does not panic")?
    };
    let state = Arc::clone(&opened.state);
    let (is_configured, catalog, credentials) = with_state(state.as_ref(), |state| {
        (state.profile.is_some(), catalogs::active(&folder, state), Credentials::of(state))
    });
    if !is_configured {
        return Err(not_provisioned());
    }
    let credentials = Arc::new(credentials);
    let people = Arc::new(People::open(folder.staff())?);
    let pairing = Pairing::open(folder.pairing())?;
    let subjects = {
        let (folder, state) = (folder.clone(), Arc::clone(&state));
        let opening =
            tokio::task::spawn_blocking(move || Subjects::open(&folder, &Gone::of(state.as_ref())?));
        Arc::new(opening.await.expect("opening does not panic")?)
    };
    let now_ms = Machine.now_ms();
    let authority = Arc::new(Authority::open(&folder, store, now_ms)?);
    let life = (config.certificate.days, config.certificate.renew_before_days);
    let own = HubCertificate::open(Arc::clone(&authority), life, local_addresses(), now_ms)?;
    let certificate = Arc::new(match config.certificate.public() {
        None => own,
        Some(files) => own
            .with_public(files)
            .map_err(|problem| HubError::ConfigValue { key: "certificate.public_chain", problem })?,
    });
    let currency = with_state(state.as_ref(), |state| state.profile.as_ref().map(|profile| profile.currency));
    let offline_limits = match currency {
        None => None,
        Some(currency) => config
            .offline_payments
            .limits(currency)
            .map_err(|problem| HubError::ConfigValue { key: "offline_payments", problem })?,
    };
    let payments = payments::open(&config.payments, currency).await?;
    let printers = printers::open(&config.printers, &folder)?;
    let beside = counter::open(&config.scanners, &config.scales)?;
    let template = Arc::new(config.receipt.template()?);
    let recovery = Arc::new(Keeper::open(
        folder.clone(),
        Arc::clone(&identity),
        Arc::clone(&state),
        config.backup.warn_after_days,
    )?);
    let cloud = Cloud::new(Arc::clone(&identity), Some(Arc::clone(&opened.witness)))?;

    // Every socket is bound before the first till can be let in.
    let mqtt = bind("MQTT", config.listen.mqtt).await?;
    let https = bind("HTTPS", config.listen.https).await?;
    let plain = bind("HTTP", config.listen.http).await?;
    let addresses = Addresses { mqtt: local(&mqtt)?, https: local(&https)?, http: local(&plain)? };

    let tills = Arc::new(OnceLock::new());
    let limits = Limits {
        connections_max: config.gate.tills_max,
        allowed_origins: config.gate.origins.clone(),
        ..Limits::default()
    };
    let gate = Gate::start(
        store,
        limits,
        Arc::clone(&credentials) as Arc<dyn holdfast_broker::Authenticator>,
        Arc::new(ports::GateCommands { tills: Arc::clone(&tills) }),
    )?;
    let running = holdfast_actors::start(Parts {
        hub: identity.hub,
        writer: opened.writer,
        reader: opened.reader.clone(),
        store: Arc::clone(&state),
        catalog,
        clock: Arc::new(Machine),
        ids: Arc::new(Machine),
        calendar: Arc::new(ports::JiffCalendar),
        pins: Arc::new(ports::CountedPins { people: Arc::clone(&people) }),
        link: Arc::new(ports::GateLink { gate: gate.clone() }),
        uplink: Some(Arc::new(cloud) as Arc<dyn Uplink>),
        printers: printers.setups,
        payments: payments.setups,
        offline_limits,
        scanners: beside.scanners,
        scales: beside.scales,
        template: Arc::clone(&template),
        software: SOFTWARE.to_owned(),
        work: holdfast_actors::BlockingWork::Threads,
        watch: holdfast_actors::Watch::default(),
        notary: Some(Arc::new(HeadKeeper::new(Arc::clone(&identity), folder.clone()))),
        space: Some(Space { disk: Arc::new(DataDisk::new(&folder)), limits: limits_of(config.disk) }),
    })
    .await
    .map_err(|source| HubError::Start { source: source.into() })?;
    if tills.set(running.tills()).is_err() {
        unreachable!("the tills' handle is set once, here");
    }

    let stop = CancellationToken::new();
    let app = Arc::new(App::new(http::Ingredients {
        folder: folder.clone(),
        till_app: http::till_app_folder(&config.till_app.folder),
        store,
        session_hours: config.http.session_hours,
        reader: opened.reader,
        state,
        people,
        pairing,
        credentials,
        authority,
        recovery: Arc::clone(&recovery),
        gate: gate.clone(),
        ledger: running.ledger(),
        office: Office::new(subjects, running.ledger()),
        status: running.status(),
        catalog: running.catalog(),
        headquarters: running.headquarters(),
        room: running.room(),
        counter: Counter {
            printers: printers.simulated,
            terminals: payments.simulated,
            scanners: beside.guns,
            scales: beside.simulated_scales,
        },
        beside: running.counter(),
        template,
        running: RwLock::new(Some(running)),
        addresses,
        stop: stop.clone(),
        started_ms: now_ms,
    }));
    let edges = TaskTracker::new();
    let router = http::router(Arc::clone(&app));
    let permits = Arc::new(tokio::sync::Semaphore::new(config.http.connections_max));
    let tls = certificate.server_config(&HTTP_PROTOCOLS);
    edges.spawn(listener::run(https, Some(tls), router.clone(), Arc::clone(&permits), stop.clone()));
    edges.spawn(listener::run(plain, None, router, permits, stop.clone()));
    edges.spawn({
        let (gate, config, stop) = (gate, certificate.server_config(&[]), stop.clone());
        async move { gate.serve_tls(mqtt, config, stop).await }
    });
    let settling = Arc::clone(&app);
    edges.spawn(async move { settling.office.settle(Arc::clone(&settling.state)).await });
    let channel = admin::listen(&folder, Arc::clone(&app))?;
    edges.spawn(stop.clone().run_until_cancelled_owned(channel));
    edges.spawn(stop.clone().run_until_cancelled_owned(renew(certificate)));
    edges.spawn(stop.clone().run_until_cancelled_owned(recovery.run()));
    tracing::info!(%store, mqtt = %addresses.mqtt, https = %addresses.https, http = %addresses.http, "the hub serves");
    Ok(Serving { addresses, store, app, stop, edges, on_disk: opened.on_disk, _lock: lock })
}

fn limits_of(disk: config::Disk) -> space::Limits {
    space::Limits {
        warn_bytes: disk.warn_mib << 20,
        refuse_bytes: disk.refuse_mib << 20,
        ballast_bytes: disk.ballast_mib << 20,
    }
}

pub(crate) async fn bind(purpose: &'static str, address: SocketAddr) -> Result<TcpListener, HubError> {
    TcpListener::bind(address).await.map_err(|source| HubError::Listen { purpose, address, source })
}

pub(crate) fn local(listener: &TcpListener) -> Result<SocketAddr, HubError> {
    listener.local_addr().map_err(HubError::file("ask for the port of", "a listener"))
}

async fn renew(certificate: Arc<HubCertificate>) {
    loop {
        tokio::time::sleep(RENEWAL_LOOK).await;
        let certificate = Arc::clone(&certificate);
        let renewed = tokio::task::spawn_blocking(move || {
            match certificate.renew_public_if_changed() {
                Ok(true) => tracing::info!("the public certificate was read again"),
                Ok(false) => {}
                Err(problem) => tracing::error!(problem, "the public certificate's new files cannot be used"),
            }
            certificate.renew_if_due(local_addresses(), Machine.now_ms())
        })
        .await;
        match renewed {
            Ok(Ok(true)) => tracing::info!("the hub's certificate was renewed"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => {
                tracing::error!(error = error.chain(), "the hub's certificate could not be renewed")
            }
            Err(error) => tracing::error!(%error, "renewing the hub's certificate failed"),
        }
    }
}

impl Serving {
    /// Writes where the hub listens, whole or not at all.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn write_ready_file(&self, path: &Path) -> Result<(), HubError> {
        folder::replace_json(path, &self.addresses)
    }

    /// The certificate authority that tills trust, PEM.
    pub fn ca_pem(&self) -> &str {
        self.app.authority.ca_pem()
    }

    /// Ends when the actors' supervisors have given up; the process should end then.
    pub async fn gave_up(&self) {
        let running = self.app.running.read().await;
        match running.as_ref() {
            Some(running) => running.gave_up().await,
            None => std::future::pending().await,
        }
    }

    /// Stops in the written order and leaves the mark of a clean end.
    pub async fn shutdown(self) {
        self.app.gate.close().await;
        self.stop.cancel();
        self.edges.close();
        if tokio::time::timeout(HTTP_END_WITHIN, self.edges.wait()).await.is_err() {
            tracing::warn!("some HTTP exchanges were cut off");
        }
        let running: Option<Running> = self.app.running.write().await.take();
        if let Some(running) = running {
            running.stop().await;
        }
        if let Some(on_disk) = self.on_disk {
            let closed = tokio::task::spawn_blocking(move || on_disk.close()).await;
            if let Ok(Err(error)) = closed {
                tracing::warn!(%error, "the state did not close cleanly; it is checked at the next start");
            }
        }
        let socket = self.app.folder.socket();
        if let Err(error) = std::fs::remove_file(&socket) {
            tracing::debug!(%error, "the local channel was gone already");
        }
        tracing::info!("the hub has stopped");
    }
}
