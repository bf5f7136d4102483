//! Settings: compiled-in defaults, then a file, then the environment. Unknown keys and impossible values refuse to start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

use crate::error::CloudError;

/// The defaults, which are also the documentation.
pub const DEFAULTS: &str = include_str!("../../config/cloud.toml");

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub https: bool,
    pub proxies: usize,
    pub sign_in: SignIn,
    pub enrol: Enrol,
    pub ingest: Ingest,
    pub live: Live,
    pub log: Log,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub session_hours: u32,
    pub failures_max: u32,
    pub lock_seconds: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    pub claim_hours: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    pub batches_max: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    pub coalesce_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub json: bool,
}

impl Config {
    /// Defaults, `file` when given, then `HOLDFAST_CLOUD_…` from the environment.
    ///
    /// # Errors
    /// HF-CLD-001 when a key is unknown or a value impossible.
    pub fn load(file: Option<&Path>) -> Result<Self, CloudError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let figment = figment.merge(Env::prefixed("HOLDFAST_CLOUD_").split("__"));
        Self::checked(figment)
    }

    /// The defaults with a data folder and a free loopback port, as tests and demos start it.
    pub fn on_free_port(data: impl Into<PathBuf>) -> Self {
        let mut config =
            Self::checked(Figment::from(Toml::string(DEFAULTS))).expect("the compiled-in defaults are valid");
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.data = data.into();
        config
    }

    fn checked(figment: Figment) -> Result<Self, CloudError> {
        let config: Self = figment.extract().map_err(|error| CloudError::Config(Box::new(error)))?;
        let range = |key, value: u64, min: u64, max: u64| {
            if (min..=max).contains(&value) {
                return Ok(());
            }
            Err(CloudError::ConfigValue { key, problem: format!("{value} is not between {min} and {max}") })
        };
        range("sign_in.session_hours", config.sign_in.session_hours.into(), 1, 24 * 31)?;
        range("sign_in.failures_max", config.sign_in.failures_max.into(), 1, 20)?;
        range("sign_in.lock_seconds", config.sign_in.lock_seconds.into(), 1, 900)?;
        range("enrol.claim_hours", config.enrol.claim_hours.into(), 1, 24 * 31)?;
        range("ingest.batches_max", config.ingest.batches_max as u64, 2, 1_000)?;
        range("live.coalesce_ms", config.live.coalesce_ms, 1, 5_000)?;
        range("proxies", config.proxies as u64, 0, 8)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Result<Config, CloudError> {
        Config::checked(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(text)))
    }

    #[test]
    fn defaults_are_loopback_and_valid() {
        let config = from("").unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(from("[live]\ncoalesce_ms = 100").unwrap().live.coalesce_ms, 100);
    }

    #[test]
    fn unknown_keys_and_impossible_values_are_named() {
        for (text, names) in [
            ("[ingest]\nbatchs_max = 3", "batchs_max"),
            ("[sign_in]\nsession_hours = 0", "sign_in.session_hours"),
            ("listen = \"nowhere\"", "listen"),
        ] {
            let error = from(text).unwrap_err();
            let chain = format!(
                "{error} {}",
                std::error::Error::source(&error).map_or(String::new(), |s| s.to_string())
            );
            assert!(chain.starts_with("HF-CLD-001") && chain.contains(names), "{chain}");
        }
    }
}
