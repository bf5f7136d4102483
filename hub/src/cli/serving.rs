//! `serve`: until a signal, or until the supervisors give up.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Place;
use crate::config::Log;
use crate::error::HubError;
use crate::serve::{Settings, serve};
use crate::standstill;

pub(super) async fn until_told(
    place: &Place,
    [mqtt, http, https]: [Option<SocketAddr>; 3],
    ready_file: Option<&Path>,
) -> Result<ExitCode, HubError> {
    let mut config = place.config()?;
    if let Some(mqtt) = mqtt {
        config.listen.mqtt = mqtt;
        if mqtt.port() == 0 {
            config.listen.https = mqtt;
        }
    }
    config.listen.http = http.unwrap_or(config.listen.http);
    config.listen.https = https.unwrap_or(config.listen.https);
    log(&config.log)?;
    // Asked for before the hub serves, so that no signal is lost in between.
    let listen = |kind| signal(kind).map_err(HubError::file("listen to signals of", "the system"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let serving = match serve(Settings { data: place.data.clone(), config: config.clone() }).await {
        Ok(serving) => serving,
        Err(error) if standstill::is_for(&error) => {
            let asked_to_end = async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            standstill::stand_still(&place.data, &config, &error, ready_file, asked_to_end).await?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    if let Some(path) = ready_file {
        serving.write_ready_file(path)?;
    }
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        () = serving.gave_up() => {
            tracing::error!("the supervisors gave up; the hub stops so that it is started anew");
            ExitCode::FAILURE
        }
    };
    serving.shutdown().await;
    Ok(code)
}

fn filter_of(text: &str) -> Result<EnvFilter, HubError> {
    EnvFilter::try_new(text)
        .map_err(|error| HubError::ConfigValue { key: "log.filter", problem: error.to_string() })
}

fn log(settings: &Log) -> Result<(), HubError> {
    let builder = tracing_subscriber::fmt()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(|| holdfast_pan::Masked(std::io::stderr()))
        .with_env_filter(filter_of(&settings.filter)?);
    // Only a second call in one process fails, and then the first log stays.
    let _set = if settings.json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}

/// A log for commands that do not read the configuration first.
pub(super) fn log_to_stderr(filter: &str) {
    let _set = tracing_subscriber::fmt()
        .with_writer(|| holdfast_pan::Masked(std::io::stderr()))
        .with_env_filter(EnvFilter::new(filter))
        .try_init();
}
